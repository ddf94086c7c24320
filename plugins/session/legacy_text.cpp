#include "session/legacy_text.hpp"

#include "session/token.hpp"

#include <hotswap/detail/abi/chrono.hpp>

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace hotswap::plugins {

namespace {

/// Removes the text up to the next `separator`, and the separator, from the front of `text`; returns that
/// text.
std::string_view take_until(std::string_view& text, char separator) {
    auto const end = text.find(separator);
    auto const taken = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return taken;
}

session_states::v0::time parse_time(std::string_view digits) {
    constexpr std::int64_t end_of_time = 9'000'000'000;  // in 2255: nanoseconds do not reach much further
    std::int64_t seconds = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error != std::errc{} || end != digits.data() + digits.size() || seconds < 0 || seconds > end_of_time)
        throw std::runtime_error("the third field is \"" + std::string(digits) +
                                 "\", expected the expiry in seconds since the Unix epoch");
    return session_states::v0::time(std::chrono::seconds(seconds));
}

void read_line(std::string_view line, session_states::v0::state& into) {
    auto const token = take_until(line, '\t');
    auto const user = take_until(line, '\t');
    if (token.empty() || user.empty() || line.empty())
        throw std::runtime_error("expected three fields, token, user and expiry, with a tab between them");
    if (is_stored_form(token)) throw std::runtime_error("a token cannot begin with sha256:");
    auto& shard = into.shards[hashed_text(token).shard()];
    if (!shard
             .try_emplace(std::string(token),
                          session_states::v0::session{std::string(user), parse_time(line)})
             .second)
        throw std::runtime_error("the token is on an earlier line too");
}

}  // namespace

session_states::v0::state read_legacy_text(std::span<std::byte const> text) {
    session_states::v0::state state;
    std::string_view left(reinterpret_cast<char const*>(text.data()), text.size());
    for (std::size_t number = 1; !left.empty(); ++number) {
        std::string_view line = take_until(left, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        try {
            read_line(line, state);
        } catch (std::runtime_error const& wrong) {
            throw std::runtime_error("line " + std::to_string(number) +
                                     " of the session export: " + wrong.what());
        }
    }
    return state;
}

}  // namespace hotswap::plugins
