// One directory of the store, and the discipline by which files get into it.
//
// A file is written under a temporary name, all of it, then fdatasync, then rename, then fsync of the directory. So a name
// shows the old content or the new one, whole, whatever happens in between. An error of fdatasync or fsync is final: the
// kernel may have dropped the pages that it could not write and marked them clean, so that a second call would succeed and
// mean nothing. The file is thrown away, and the operation fails.
#pragma once

#include <hotswap/failure.hpp>

#include "module/file_io.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// Pieces that follow each other in one file.
using byte_parts = std::span<std::span<std::byte const> const>;

class directory;

/// A file that has no name of its own yet; gone with its owner.
class unnamed_file {
public:
    unnamed_file(directory const& in, std::string name) noexcept : in_(&in), name_(std::move(name)) {}
    unnamed_file(unnamed_file&& other) noexcept : in_(other.in_), name_(std::exchange(other.name_, {})) {}
    unnamed_file& operator=(unnamed_file&&) = delete;
    ~unnamed_file();

    std::string const& name() const noexcept { return name_; }

private:
    directory const* in_;
    std::string name_;
};

/// Threads:  [any] as far as the names are different.
class directory {
public:
    /// Opens `path`, which is made (0700) with what leads to it if it is missing.
    /// Errors:   untrusted_path if another user could write it; store_full, store_read_only, store_failed.
    static result<directory> open(std::filesystem::path const& path);
    /// The same for a directory within this one, which may not be a link.
    result<directory> open_within(std::string const& name) const;

    std::filesystem::path const& path() const noexcept { return path_; }
    int fd() const noexcept { return fd_.get(); }

    /// The content of a file; nothing if there is none of that name.
    /// Errors:   store_damaged for what is no regular file, has more than `limit` bytes or cannot be read off the disk (EIO).
    result<std::optional<std::vector<std::byte>>> read(std::string const& name, std::uint64_t limit) const;
    bool has(std::string const& name) const noexcept;

    /// Writes a file that has no name yet: its content is durable.
    result<unnamed_file> prepare(byte_parts content, mode_t mode) const;
    /// Gives it a name, in place of what had that name; durable after `sync`.
    result<void> name_it(unnamed_file const& file, std::string const& name) const;
    /// A second name for a file, in place of what had that name.
    result<void> link(std::string const& name, std::string const& second) const;
    /// Makes the names durable.
    result<void> sync() const;

    /// All of it; if the name cannot be made durable, the file is thrown away.
    result<void> write(std::string const& name, byte_parts content, mode_t mode) const;

    /// Removes a file; it is no error if that fails.
    void remove(std::string const& name) const noexcept;
    /// The names of all but temporary files.
    result<std::vector<std::string>> list() const;
    /// Removes what was left over of files that never got their name.
    result<void> sweep() const;

private:
    directory(std::filesystem::path path, file_descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    static result<directory> adopt(std::filesystem::path path, int fd);
    result<std::vector<std::string>> list(bool temporary) const;

    std::filesystem::path path_;
    file_descriptor fd_;
};

}  // namespace hotswap::detail
