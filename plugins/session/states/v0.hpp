// The session manager's legacy state. Frozen: release 0.1.0 wrote it.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/table.hpp>

#include <sodium.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::session_states::v0 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

/// The key under which tokens are hashed. All zero only before the first instance made it.
using secret = std::array<unsigned char, 32>;

/// The keyed hash of a token.
struct token_hash {
    std::array<unsigned char, 32> bytes{};

    friend auto operator<=>(token_hash const&, token_hash const&) = default;
};

/// A token as handed out, or the stored form of one of which only the hash is known (`session/token.hpp`).
/// Not a string: a message that names the key of a row must not show it.
struct token {
    std::string text;
};

struct session {
    std::string user;
    time expires{};
};

/// The sessions of one user: the keyed hashes of their tokens, in no order.
struct user_sessions {
    std::vector<token_hash> tokens;
};

/// By the user's name. The same in every version, so that every migration moves it.
using user_index = hotswap::table<std::string, user_sessions, hotswap::seeded_hash>;

}  // namespace hotswap::session_states::v0

namespace hotswap {

template <>
inline constexpr bool has_fixed_order<session_states::v0::token> = true;
template <>
inline constexpr bool has_fixed_order<session_states::v0::token_hash> = true;

/// Hashes by the text. The texts in the table are random, or an operator chose them: no seed is needed.
template <>
struct table_hash<session_states::v0::token> {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return table_hash<std::string>{}(text); }
    std::size_t operator()(session_states::v0::token const& of) const noexcept {
        return (*this)(std::string_view(of.text));
    }
};

/// Compares in a time that does not depend on where two texts differ.
template <>
struct table_equal<session_states::v0::token> {
    using is_transparent = void;
    using token = session_states::v0::token;
    static bool same(std::string_view a, std::string_view b) noexcept {
        return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
    }
    bool operator()(token const& a, token const& b) const noexcept { return same(a.text, b.text); }
    bool operator()(token const& a, std::string_view b) const noexcept { return same(a.text, b); }
    bool operator()(std::string_view a, token const& b) const noexcept { return same(a, b.text); }
};

/// A keyed hash is as good as random, and a stranger cannot choose it; eight bytes are enough.
template <>
struct table_hash<session_states::v0::token_hash> {
    std::size_t operator()(session_states::v0::token_hash const& of) const noexcept {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, of.bytes.data(), sizeof bytes);
        return bytes;
    }
};

/// Compares in a time that does not depend on where two hashes differ.
template <>
struct table_equal<session_states::v0::token_hash> {
    using token_hash = session_states::v0::token_hash;
    bool operator()(token_hash const& a, token_hash const& b) const noexcept {
        return sodium_memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
    }
};

}  // namespace hotswap

namespace hotswap::session_states::v0 {

/// Before versioning: tokens and their users.
struct state {
    secret key{};
    hotswap::table<token, session> sessions;
    user_index users;
};

}  // namespace hotswap::session_states::v0
