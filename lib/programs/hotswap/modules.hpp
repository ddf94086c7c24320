// Judging modules' files without a host.
#pragma once

#include "programs/hotswap/verbs.hpp"

#include <hotswap/inspect.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace hotswap::cli {

using files = std::vector<std::filesystem::path>;

/// What the file says of itself, as a runtime would judge it; a file that cannot be read has one finding.
inspection judge(std::filesystem::path const& file);

/// "cache-3.0.0.so: refused (layout_changed): …; put …", a line for each finding.
std::string findings_in_words(std::string const& name, std::vector<finding> const& findings);

/// `NAME=VALUE` each. Errors: throws std::invalid_argument.
std::map<std::string, std::string, std::less<>> read_pairs(std::vector<std::string> const& words);

}  // namespace hotswap::cli
