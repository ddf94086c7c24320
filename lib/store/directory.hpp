// One directory of the store, and the steps by which files get into it.
//
// A file is written completely under a temporary name, then fdatasync, then rename, then fsync of the
// directory. So a name shows the old or the new content, whole, even after a crash between two steps. An
// error of fdatasync or fsync is final: the kernel may have dropped the pages that it could not write and
// marked them clean, so a second call would succeed without effect. The file is removed, and the operation
// fails.
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

/// A file without its final name; removed with its owner.
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

/// Threads:  [any] if the names are different.
class directory {
public:
    /// Opens `path`; makes it (0700), and its missing parents, if it does not exist.
    /// Errors:   untrusted_path if another user could write it; store_full, store_read_only, store_failed.
    static result<directory> open(std::filesystem::path const& path);
    /// The same for a directory within this one, which may not be a link.
    result<directory> open_within(std::string const& name) const;

    std::filesystem::path const& path() const noexcept { return path_; }
    int fd() const noexcept { return fd_.get(); }

    /// The content of a file; empty if there is no file of that name.
    /// Errors:   store_damaged for a file that is not regular, has more than `limit` bytes or cannot be read
    ///           from the disk (EIO).
    result<std::optional<std::vector<std::byte>>> read(std::string const& name, std::uint64_t limit) const;
    bool has(std::string const& name) const noexcept;

    /// Writes a file without its final name: its content is durable.
    result<unnamed_file> prepare(byte_parts content, mode_t mode) const;
    /// Gives the file its name, and replaces any file of that name; durable after `sync`.
    result<void> name_it(unnamed_file const& file, std::string const& name) const;
    /// Gives a file a second name, and replaces any file of that name.
    result<void> link(std::string const& name, std::string const& second) const;
    /// Makes the names durable.
    result<void> sync() const;

    /// All these steps; if the name cannot be made durable, the file is removed.
    result<void> write(std::string const& name, byte_parts content, mode_t mode) const;

    /// Removes a file; a failure is not an error.
    void remove(std::string const& name) const noexcept;
    /// The names of all files except temporary ones.
    result<std::vector<std::string>> list() const;
    /// Removes the temporary files that never got their final name.
    result<void> sweep() const;

private:
    directory(std::filesystem::path path, file_descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    static result<directory> adopt(std::filesystem::path path, int fd);
    result<std::vector<std::string>> list(bool temporary) const;

    std::filesystem::path path_;
    file_descriptor fd_;
};

}  // namespace hotswap::detail
