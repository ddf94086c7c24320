// Releases, as in Semantic Versioning, and the files in which a directory keeps them.
#pragma once

#include <hotswap/base/result.hpp>

#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// `major.minor.patch` with an optional pre-release; build metadata is ignored in comparisons.
/// Source:   Semantic Versioning 2.0.0, sections 9 to 11.
struct release {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t patch = 0;
    std::string pre_release;

    static std::optional<release> parse(std::string_view text);
    std::strong_ordering operator<=>(release const& other) const;
    bool operator==(release const& other) const { return (*this <=> other) == 0; }
};

/// The family of a file named `family-RELEASE.so`; empty if it is named otherwise.
std::string family_of(std::filesystem::path const& file);

/// The newest `family-RELEASE.so` in `directory`: the one of the highest release.
/// Effects:  files that `is_out` says true of are passed over.
/// Errors:   no_such_file, naming the directory and what it holds instead; rolled_back if all were passed over.
result<std::filesystem::path> newest_module(
    std::filesystem::path const& directory, std::string_view family,
    std::function<bool(std::filesystem::path const&)> const& is_out = {});

}  // namespace hotswap::detail
