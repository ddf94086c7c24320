// Where the tier on disk is: the host's settings of a component, because a directory belongs to a machine and not to a state.
#pragma once

#include "shared/named_settings.hpp"

#include <hotswap/detail/base/arguments.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hotswap::plugins {

inline constexpr std::string_view default_disk_file = "cache.sqlite";
inline constexpr std::uint64_t least_disk_budget = std::uint64_t{1} << 20U;

struct disk_settings {
    std::filesystem::path directory{};  ///< empty: there is no tier on disk
    std::string file{default_disk_file};
    std::uint64_t budget = std::uint64_t{1} << 30U;
};

/// Reads "disk_directory", "disk_file" and "disk_budget"; touches no file.
/// Errors:   std::invalid_argument that names the setting.
inline disk_settings read_disk_settings(hotswap::settings const& given) {
    disk_settings read;
    auto const text_of = [&](std::string_view name) -> std::optional<std::string> {
        auto const found = given.find(name);
        if (found == given.end()) return std::nullopt;
        return found->second;
    };
    auto const refuse = [](std::string const& name, std::string const& text, char const* expected) {
        throw std::invalid_argument("the setting " + name + " is \"" + text + "\", expected " + expected);
    };
    auto const directory = text_of("disk_directory");
    auto const file = text_of("disk_file");
    auto const budget = text_of("disk_budget");
    if (directory) {
        read.directory = *directory;
        if (!read.directory.is_absolute()) refuse("disk_directory", *directory, "an absolute path");
    } else if (file || budget) {
        throw std::invalid_argument(std::string("the setting ") + (file ? "disk_file" : "disk_budget") +
                                    " needs disk_directory, which is not set");
    }
    if (file) {
        if (file->empty() || file->size() > 200 || file->front() == '.' ||
            file->find('/') != std::string::npos)
            refuse("disk_file", *file, "a file's name without /, that does not begin with a dot");
        read.file = *file;
    }
    if (budget) {
        sdk::read_setting("disk_budget", *budget, read.budget);
        if (read.budget < least_disk_budget) refuse("disk_budget", *budget, "at least 1048576 bytes");
    }
    return read;
}

}  // namespace hotswap::plugins
