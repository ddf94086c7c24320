// The Unix socket of a control interface, as a file that one host owns.
#pragma once

#include <hotswap/failure.hpp>

#include <filesystem>

#include <sys/types.h>

namespace hotswap::detail {

/// A listening Unix socket at a path that this process owns: a lock next to it (PATH.lock) keeps other hosts away, so the
/// socket of a host that has died can be replaced.
class socket_file {
public:
    /// Effects:  makes the directory, if there is none, with mode 0700, or 0755 for `others`. The socket appears at its path
    ///           complete, with its mode set: 0600, or 0666 for `others`.
    /// Errors:   control_failed, naming the path, the cause and a remedy.
    static result<socket_file> make(std::filesystem::path where, bool others);

    /// A listening socket that another process has made, and whose file is that one's.
    static socket_file adopt(int listening) noexcept;

    /// Removes the file, if it is still this socket's.
    ~socket_file();
    socket_file(socket_file&& from) noexcept;
    socket_file& operator=(socket_file&&) = delete;
    socket_file(socket_file const&) = delete;

    std::filesystem::path const& path() const noexcept { return where_; }
    /// The listening descriptor, for its new owner.
    int take() noexcept;

private:
    socket_file() noexcept = default;
    explicit socket_file(std::filesystem::path where) : where_(std::move(where)) {}

    result<void> lock();
    result<void> listen(bool others);

    std::filesystem::path where_;
    int lock_ = -1;
    int listening_ = -1;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace hotswap::detail
