// Reads a number from the arguments of a swap.
#pragma once

#include <hotswap/detail/base/arguments.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace hotswap::plugins {

/// The argument `name` as a whole number, or nothing if it is not given.
/// Errors:   std::invalid_argument for anything but decimal digits up to 2^64 - 1.
inline std::optional<std::uint64_t> number_argument(arguments const& given, std::string_view name) {
    auto const found = given.find(name);
    if (found == given.end()) return std::nullopt;
    std::string const& text = found->second;
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw std::invalid_argument("argument " + std::string(name) + " is \"" + text +
                                    "\", expected a whole number in decimal digits");
    return value;
}

}  // namespace hotswap::plugins
