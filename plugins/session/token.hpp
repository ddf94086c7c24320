// Tokens, and the form of a token of which only the hash is known.
#pragma once

#include "session/states/v2.hpp"

#include <string>
#include <string_view>

namespace hotswap::plugins {

/// The prefix of a stored key that is a hash; no token begins with it.
inline constexpr std::string_view hash_prefix = "sha256:";

/// Initialises libsodium; cheap when that is done already.
/// Errors:   throws std::runtime_error if the system has no random numbers.
void use_sodium();

/// A new token: 256 random bits as 64 hexadecimal digits.
/// Threads:  [any] after `use_sodium`.
std::string new_token();

/// The SHA-256 of `token`.
session_states::v2::token_hash hash_of(std::string_view token);

/// The key under which releases 0 and 1 store a session of which only the hash is known.
std::string stored_form(session_states::v2::token_hash const& hash);

/// Whether `key` has the form of a stored hash: such a text from a client is no token.
constexpr bool is_stored_form(std::string_view key) noexcept { return key.starts_with(hash_prefix); }

/// The hash that `key` spells, or the hash of `key` if it is a token.
/// Errors:   throws std::runtime_error if `key` begins like a hash and is none.
session_states::v2::token_hash hash_of_stored(std::string_view key);

}  // namespace hotswap::plugins
