// Reading and writing whole files through descriptors.
#pragma once

#include <hotswap/failure.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// Owns a file descriptor.
class file_descriptor {
public:
    explicit file_descriptor(int fd) noexcept : fd_(fd) {}
    file_descriptor(file_descriptor&& other) noexcept : fd_(other.release()) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~file_descriptor() {
        if (fd_ >= 0) close(fd_);
    }

    explicit operator bool() const noexcept { return fd_ >= 0; }
    int get() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_;
};

/// The content of a regular file; never blocks on a FIFO and follows no link.
/// Errors:   no_such_file, not_regular_file, staging_failed if it cannot be read.
result<std::vector<std::byte>> read_regular_file(std::filesystem::path const& path);

/// The content of an opened file, if it is a regular file that `accept` does not refuse.
/// Errors:   as above, and those of `accept`.
result<std::vector<std::byte>> read_opened(file_descriptor const& file, std::filesystem::path const& path,
                                           std::function<result<void>(struct stat const&)> const& accept);

/// The failure for the errno of opening or reading `path`, in the dynamic linker's words if it has any.
failure cannot_open(std::filesystem::path const& path, int error);

/// Replaces `path` by a file of that content and mode, whole or not at all; returns 0, or the errno of the
/// failure.
int replace_file(std::filesystem::path const& path, std::span<std::byte const> content, mode_t mode) noexcept;

/// Writes everything; returns 0, or the errno of the failure.
int write_all(int fd, std::span<std::byte const> content) noexcept;

}  // namespace hotswap::detail
