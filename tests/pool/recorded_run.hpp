// A run of the command `hotswap` whose calls on files are recorded.
#pragma once

#include "pool/disk_model.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace hotswap_test {

struct recorded_run {
    int code = -1;       ///< the command's exit status
    std::string said{};  ///< its output, of both streams
    disk_tree before{};  ///< the files below the root before it
    disk_tree after{};   ///< and after it
    std::vector<file_call> calls{};
};

/// Runs the command with these words, none of which has a quote; `scratch` gets files of the recorder, and is not below `root`.
recorded_run record_command(std::filesystem::path const& root, std::filesystem::path const& scratch,
                            std::vector<std::string> const& words);

}  // namespace hotswap_test
