// Paths, followed one name at a time by rules of their own.
#pragma once

#include "module/exposure.hpp"
#include "module/file_io.hpp"

#include <hotswap/failure.hpp>

#include <deque>
#include <filesystem>
#include <string>

namespace hotswap::detail {

/// Where a file is in truth.
struct found_file {
    file_descriptor directory;   ///< that it is in
    std::filesystem::path path;  ///< without links, but for its own name perhaps
};

/// Goes down a path, holding a descriptor of what it has reached and judged: what is looked at is what is used.
///
/// A link is followed. Below the directory `inside`, absolute and without links, if it is not empty, a link is followed to what
/// is below it as well, a file's own name too, as Kubernetes lays out its volumes; elsewhere a file's own name is not.
class path_walk {
public:
    path_walk(std::filesystem::path const& inside, exposure_check& check) : inside_(inside), check_(check) {}

    /// Opens the directory `path`, absolute; each part of it was looked at, and `check` has what is wrong with any.
    /// `on_the_way`: it is judged like those that lead to it.
    /// Errors:   no_such_file, not_regular_file.
    result<file_descriptor> open_directory(std::filesystem::path const& path, bool on_the_way = false);
    /// Opens the directory that the file `path`, absolute, is in.
    /// Errors:   no_such_file, not_regular_file; untrusted_path, noted in `check`, for a link that leads out of `inside`.
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
    std::deque<std::string> names_;             // still to go
    file_descriptor at_ = file_descriptor(-1);  // what was reached
    std::filesystem::path reached_;             // its path
    std::filesystem::path link_inside_;         // the last one that was followed there
    int links_ = 0;
};

}  // namespace hotswap::detail
