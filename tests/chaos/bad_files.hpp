// Files that are no modules, or damaged ones; made at run time from a good module.
#pragma once

#include "wanted.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace chaos {

struct bad_file {
    std::string what{};  ///< "truncated"
    std::filesystem::path file{};
    std::vector<std::string> codes{};  ///< the codes with which it may be refused; empty: any code
};

/// One of: truncated, empty, flipped bit, FIFO, directory, symbolic link, text, nothing there.
bad_file make_bad_file(dice& choices, std::filesystem::path const& good,
                       std::filesystem::path const& scratch);

/// Writes the module in the linker's form: whole, but never sealed.
void write_unsealed(std::filesystem::path const& good, std::filesystem::path const& to);

}  // namespace chaos
