// Files that are no modules, or not any more; made on the spot from a good one.
#pragma once

#include "wanted.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace chaos {

struct bad_file {
    std::string what{};  ///< "truncated"
    std::filesystem::path file{};
    std::vector<std::string> codes{};  ///< as which it may be refused; empty: as any file
};

/// One of: truncated, empty, flipped bit, FIFO, directory, symbolic link, text, nothing there.
bad_file make_bad_file(dice& choices, std::filesystem::path const& good,
                       std::filesystem::path const& scratch);

/// As its linker left it: whole, but never sealed.
void write_unsealed(std::filesystem::path const& good, std::filesystem::path const& to);

}  // namespace chaos
