// Reading and writing whole files through descriptors.
#pragma once

#include <hotswap/base/result.hpp>

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// Owns a file descriptor.
class file_descriptor {
public:
    explicit file_descriptor(int fd) noexcept : fd_(fd) {}
    file_descriptor(file_descriptor&& other) noexcept : fd_(other.release()) {}
    file_descriptor& operator=(file_descriptor&&) = delete;
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

/// Writes everything; 0, or the errno of what went wrong.
int write_all(int fd, std::span<std::byte const> content) noexcept;

}  // namespace hotswap::detail
