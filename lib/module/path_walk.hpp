// Paths, followed one name at a time, with owner and mode checks.
#pragma once

#include "module/exposure.hpp"
#include "module/file_io.hpp"

#include <hotswap/failure.hpp>

#include <deque>
#include <filesystem>
#include <string>

namespace hotswap::detail {

/// The real place of a file.
struct found_file {
    file_descriptor directory;   ///< the directory that contains the file
    std::filesystem::path path;  ///< without links, except perhaps in the file's own name
};

/// Walks a path and holds a descriptor of each directory that it has reached and judged: the checked
/// directory is the one that is used.
///
/// A link is followed. Below the directory `inside` (absolute and without links), if it is not empty, a
/// file's own name may be a link too, to a target below `inside`, as Kubernetes lays out its volumes;
/// elsewhere a link in a file's own name is not followed.
class path_walk {
public:
    path_walk(std::filesystem::path const& inside, exposure_check& check) : inside_(inside), check_(check) {}

    /// Opens the directory `path`, absolute; checks each part of it, and records faults in `check`.
    /// `on_the_way`: the directory is judged like the directories that lead to it.
    /// Errors:   no_such_file, not_regular_file.
    result<file_descriptor> open_directory(std::filesystem::path const& path, bool on_the_way = false);
    /// Opens the directory that contains the file `path`, absolute.
    /// Errors:   no_such_file, not_regular_file; untrusted_path, recorded in `check`, for a link that leads
    ///           out of `inside`.
    result<found_file> find_file(std::filesystem::path const& path);

private:
    void push_front(std::filesystem::path const& path);
    result<void> go_down(std::size_t names_left, bool on_the_way);
    result<void> step(std::string const& name);
    result<void> follow(file_descriptor const& link, struct stat const& found,
                        std::filesystem::path const& path);
    bool is_inside(std::filesystem::path const& path) const;

    std::filesystem::path const inside_;
    exposure_check& check_;
    std::deque<std::string> names_;             // the names not yet walked
    file_descriptor at_ = file_descriptor(-1);  // the directory reached
    std::filesystem::path reached_;             // its path
    std::filesystem::path link_inside_;         // the last link that was followed below `inside`
    int links_ = 0;
};

}  // namespace hotswap::detail
