#include "session/token.hpp"

#include <sodium.h>

#include <stdexcept>

namespace hotswap::plugins {

using session_states::v2::token_hash;

namespace {

std::string hex(token_hash const& bytes) {
    std::string text(2 * bytes.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    text.pop_back();
    return text;
}

}  // namespace

void use_sodium() {
    if (sodium_init() < 0)
        throw std::runtime_error(
            "libsodium found no source of randomness; session tokens would be guessable");
}

std::string new_token() {
    token_hash bytes;
    randombytes_buf(bytes.data(), bytes.size());
    return hex(bytes);
}

token_hash hash_of(std::string_view token) {
    static_assert(crypto_hash_sha256_BYTES == sizeof(token_hash));
    token_hash hash;
    crypto_hash_sha256(hash.data(), reinterpret_cast<unsigned char const*>(token.data()), token.size());
    return hash;
}

std::string stored_form(token_hash const& hash) { return std::string(hash_prefix) + hex(hash); }

token_hash hash_of_stored(std::string_view key) {
    if (!is_stored_form(key)) return hash_of(key);
    std::string_view const digits = key.substr(hash_prefix.size());
    token_hash hash;
    std::size_t size = 0;
    if (digits.size() != 2 * hash.size() ||
        sodium_hex2bin(hash.data(), hash.size(), digits.data(), digits.size(), nullptr, &size, nullptr) !=
            0 ||
        size != hash.size())
        throw std::runtime_error(
            "a stored session key begins with sha256: but 64 hexadecimal digits do not follow");
    return hash;
}

}  // namespace hotswap::plugins
