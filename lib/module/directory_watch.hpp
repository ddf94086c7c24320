// Tells of files that arrive in a directory.
#pragma once

#include "module/file_io.hpp"

#include <hotswap/failure.hpp>

#include <chrono>
#include <filesystem>
#include <set>
#include <stop_token>

namespace hotswap::detail {

/// Files that are complete when they are told of: renamed into the directory, or closed after they were written.
/// Threads:  one at a time
/// Source:   inotify(7)
class directory_watch {
public:
    /// Errors:   no_such_file: it is no directory that can be watched; limit_reached: the system watches as many as it may.
    static result<directory_watch> open(std::filesystem::path directory);

    /// Waits until files have arrived, and none for `settle`; empty if `stop` was requested. If more arrived than the system
    /// remembers, all files of the directory have. `earlier` have arrived before.
    std::set<std::filesystem::path> wait(std::chrono::nanoseconds settle, std::stop_token const& stop,
                                         std::set<std::filesystem::path> earlier = {});

private:
    directory_watch(std::filesystem::path directory, file_descriptor events, file_descriptor wake)
        : directory_(std::move(directory)), events_(std::move(events)), wake_(std::move(wake)) {}

    void read_into(std::set<std::filesystem::path>& arrived);
    void add_all(std::set<std::filesystem::path>& arrived) const;

    std::filesystem::path directory_;
    file_descriptor events_;
    file_descriptor wake_;
};

}  // namespace hotswap::detail
