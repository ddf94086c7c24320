#include "programs/hotswap/colours.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace hotswap::cli {

namespace {

constexpr std::array<std::string_view, 3> begins{"\033[32m", "\033[33m", "\033[31m"};
constexpr std::string_view ends = "\033[0m";

bool shows_colours(std::FILE* to) {
    char const* const unwanted = std::getenv("NO_COLOR");
    if (unwanted != nullptr && *unwanted != '\0') return false;
    char const* const terminal = std::getenv("TERM");
    if (terminal == nullptr || *terminal == '\0' || std::string_view(terminal) == "dumb") return false;
    return ::isatty(::fileno(to)) != 0;
}

void leave_out(std::string& text, std::string_view sequence) {
    for (auto at = text.find(sequence); at != std::string::npos; at = text.find(sequence, at))
        text.erase(at, sequence.size());
}

}  // namespace

std::string coloured(mood of, std::string_view text) {
    return fmt::format("{}{}{}", begins[static_cast<std::size_t>(of)], text, ends);
}

void print(std::FILE* to, std::string_view text) {
    std::string shown(text);
    if (!shows_colours(to)) {
        for (auto const each : begins) leave_out(shown, each);
        leave_out(shown, ends);
    }
    fmt::print(to, "{}", shown);
}

}  // namespace hotswap::cli
