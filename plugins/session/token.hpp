// Tokens, their keyed hashes, and the form of a token of which only the hash is known.
#pragma once

#include "session/states/v0.hpp"

#include <hotswap/contracts/session.hpp>

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hotswap::plugins {

using session_states::v0::secret;
using session_states::v0::token_hash;

/// The prefix of a stored key that is a hash; no token begins with it.
inline constexpr std::string_view hash_prefix = "blake2b:";

/// Initialises libsodium; cheap when that is done already.
/// Errors:   throws std::runtime_error if the system has no random numbers.
inline void use_sodium() {
    if (sodium_init() < 0)
        throw std::runtime_error(
            "libsodium found no source of randomness; session tokens would be guessable");
}

/// `bytes` as hexadecimal digits.
inline std::string hex_of(std::span<unsigned char const> bytes) {
    std::string text(2 * bytes.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    text.pop_back();
    return text;
}

/// Makes the key of a state that has none; any other key stays.
/// Threads:  [quiesced], after `use_sodium`.
inline void make_key(secret& key) noexcept {
    if (sodium_is_zero(key.data(), key.size()) != 0) randombytes_buf(key.data(), key.size());
}

/// A new token: 256 random bits as 64 hexadecimal digits.
/// Threads:  [any] after `use_sodium`.
inline std::string new_token() {
    std::array<unsigned char, 32> bytes;
    randombytes_buf(bytes.data(), bytes.size());
    return hex_of(bytes);
}

/// The hash of `token` under `key`: without the key, a guessed token cannot be compared with a stored hash.
/// Source:   J.-P. Aumasson et al.: BLAKE2, as a keyed hash (RFC 7693); libsodium's crypto_generichash.
inline token_hash hash_of(secret const& key, std::string_view token) noexcept {
    static_assert(sizeof(token_hash::bytes) <= crypto_generichash_BYTES_MAX);
    static_assert(sizeof(secret) <= crypto_generichash_KEYBYTES_MAX);
    token_hash hash{};
    crypto_generichash(hash.bytes.data(), hash.bytes.size(),
                       reinterpret_cast<unsigned char const*>(token.data()), token.size(), key.data(),
                       key.size());
    return hash;
}

/// The key under which releases 0 and 1 store a session of which only the hash is known.
inline std::string stored_form(token_hash const& hash) {
    return std::string(hash_prefix) + hex_of(hash.bytes);
}

/// Whether `text` has the form of a stored hash: such a text from a client is no token.
constexpr bool is_stored_form(std::string_view text) noexcept { return text.starts_with(hash_prefix); }

/// Whether `text` can be a token: no work is done for any other.
constexpr bool may_be_token(std::string_view text) noexcept {
    return !text.empty() && text.size() <= contracts::longest_session_token && !is_stored_form(text);
}

/// The hash that the text of a stored key spells, or the hash of that text if it is a token.
/// Errors:   throws std::runtime_error if the text begins like a hash and is none.
inline token_hash hash_of_stored(secret const& key, std::string_view text) {
    if (!is_stored_form(text)) return hash_of(key, text);
    std::string_view const digits = text.substr(hash_prefix.size());
    token_hash hash;
    std::size_t size = 0;
    if (digits.size() != 2 * hash.bytes.size() ||
        sodium_hex2bin(hash.bytes.data(), hash.bytes.size(), digits.data(), digits.size(), nullptr, &size,
                       nullptr) != 0 ||
        size != hash.bytes.size())
        throw std::runtime_error(
            "a stored session key begins like a hash but 64 hexadecimal digits do not follow");
    return hash;
}

/// What identifies a session to its user: the end of its hash, which no release takes for a token.
using listed_id = std::array<unsigned char, 8>;

inline listed_id listed_id_of(token_hash const& hash) noexcept {
    listed_id id;
    std::copy_n(hash.bytes.end() - id.size(), id.size(), id.begin());
    return id;
}

/// The id that `digits` spell, or nothing.
inline std::optional<listed_id> read_listed_id(std::string_view digits) noexcept {
    listed_id id;
    std::size_t size = 0;
    if (digits.size() != 2 * id.size() ||
        sodium_hex2bin(id.data(), id.size(), digits.data(), digits.size(), nullptr, &size, nullptr) != 0 ||
        size != id.size())
        return std::nullopt;
    return id;
}

}  // namespace hotswap::plugins
