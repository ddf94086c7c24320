// The files of the library and their includes: the one reader of them, for the tests of the levels and for the drawing.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace house {

struct include {
    std::string path;  ///< as written, without the brackets or quotes
    bool ours;         ///< hotswap's own: `path` is relative to a room or a face
};

std::vector<include> includes_in(std::string const& text);

/// A file's whole text.
/// Errors:   std::runtime_error if it cannot be read.
std::string read(std::filesystem::path const& file);

/// All C++ files below `root`, relative to it, sorted.
std::vector<std::string> sources_below(std::filesystem::path const& root);

std::filesystem::path const& source_directory();
std::filesystem::path const& public_headers();

/// A file of include/hotswap or of lib.
struct source {
    std::string path;  ///< as for `room_of`
    std::string text;
    bool is_header_of_users;  ///< it is below include/hotswap
};

/// All of them, in an order that is always the same.
std::vector<source> library_sources();

/// What a room has, and which other rooms its files include.
struct contents {
    std::size_t files = 0;
    std::set<std::string_view> includes;
};

/// By the rooms' names.
using house_plan = std::map<std::string_view, contents>;

/// Files and names that belong to no room are left out: the tests of the levels name them.
house_plan plan_of(std::vector<source> const& sources);

/// The plan without the includes that others imply: of a → b → c and a → c, the latter.
house_plan without_implied(house_plan const& plan);

}  // namespace house
