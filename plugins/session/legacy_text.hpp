// Sessions from before hotswap, as a text file.
#pragma once

#include "session/settings.hpp"
#include "session/states/v0.hpp"
#include "session/token.hpp"

#include <hotswap/detail/abi/chrono.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace hotswap::plugins {

/// Reads the lines of an export.
class legacy_reader {
public:
    using state = session_states::v0::state;

    explicit legacy_reader(std::span<std::byte const> text)
        : left_(reinterpret_cast<char const*>(text.data()), text.size()) {}

    state read() {
        use_sodium();
        make_key(into_.key);
        for (std::size_t number = 1; !left_.empty(); ++number) {
            std::string_view line = take_until(left_, '\n');
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (line.empty() || line.starts_with('#')) continue;
            try {
                read_line(line);
            } catch (std::exception const& wrong) {
                throw std::runtime_error("line " + std::to_string(number) +
                                         " of the session export: " + wrong.what());
            }
        }
        return std::move(into_);
    }

private:
    /// Removes the text up to the next `separator`, and the separator, from the front of `text`; returns that text.
    static std::string_view take_until(std::string_view& text, char separator) {
        auto const end = text.find(separator);
        auto const taken = text.substr(0, end);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        return taken;
    }

    static time parse_time(std::string_view digits) {
        constexpr std::int64_t end_of_time = 9'000'000'000;  // in 2255: nanoseconds do not reach much further
        std::int64_t seconds = 0;
        auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
        if (error != std::errc{} || end != digits.data() + digits.size() || seconds < 0 ||
            seconds > end_of_time)
            throw std::runtime_error("the third field is \"" + std::string(digits) +
                                     "\", expected the expiry in seconds since the Unix epoch");
        return time(std::chrono::seconds(seconds));
    }

    void read_line(std::string_view line) {
        auto const token = take_until(line, '\t');
        auto const user = take_until(line, '\t');
        if (token.empty() || user.empty() || line.empty())
            throw std::runtime_error(
                "expected three fields, token, user and expiry, with a tab between them");
        if (is_stored_form(token))
            throw std::runtime_error("a token cannot begin with " + std::string(hash_prefix));
        if (!may_be_token(token))
            throw std::runtime_error("a token has at most " +
                                     std::to_string(contracts::longest_session_token) + " bytes, not " +
                                     std::to_string(token.size()));
        check_user(user);
        auto const expires = parse_time(line);
        if (!into_.sessions.try_emplace(session_states::v0::token{std::string(token)},
                                        session_states::v0::session{std::string(user), expires}))
            throw std::runtime_error("the token is on an earlier line too");
        auto const add = [&](auto& of_user) {
            if (of_user.second.tokens.size() == contracts::most_sessions_of_user)
                throw std::length_error(too_many_sessions());
            of_user.second.tokens.push_back(hash_of(into_.key, token));
        };
        into_.users.try_emplace(user);
        into_.users.visit(user, add);
    }

    std::string_view left_;
    state into_;
};

/// Reads an export of sessions: one a line, three fields with a tab between them:
///
///     token <TAB> user <TAB> expires
///
/// `expires` is in whole seconds since the Unix epoch. Empty lines and those beginning with `#` are skipped.
/// A line may end in CR LF. Token and user are not empty and have at most 256 bytes; no token begins with `blake2b:` or
/// comes twice; no user has more than 1024 sessions.
/// Errors:   throws std::runtime_error that names the line and its error.
inline session_states::v0::state read_legacy_text(std::span<std::byte const> text) {
    return legacy_reader(text).read();
}

}  // namespace hotswap::plugins
