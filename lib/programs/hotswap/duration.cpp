#include "programs/hotswap/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <stdexcept>

namespace hotswap::cli {

namespace {

struct unit {
    std::string_view name;
    std::chrono::nanoseconds length;
};

constexpr std::array units{unit{"ns", std::chrono::nanoseconds(1)},  unit{"us", std::chrono::microseconds(1)},
                           unit{"ms", std::chrono::milliseconds(1)}, unit{"s", std::chrono::seconds(1)},
                           unit{"min", std::chrono::minutes(1)},     unit{"h", std::chrono::hours(1)}};

}  // namespace

std::chrono::nanoseconds duration_of(std::string_view text) {
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view const rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (auto const& each : units)
        if (error == std::errc() && number >= 0 && rest == each.name &&
            number <= std::numeric_limits<std::int64_t>::max() / each.length.count())
            return number * each.length;
    throw std::invalid_argument(fmt::format(
        "\"{}\" is no time: expected a whole number with ns, us, ms, s, min or h, for instance 30s", text));
}

}  // namespace hotswap::cli
