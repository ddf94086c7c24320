// The Unix socket of the gateway's owner.
#pragma once

#include "http/server.hpp"

#include <filesystem>

#include <sys/types.h>

namespace gateway {

/// A Unix socket that only its owner can open, from the moment of its creation.
class admin_socket {
public:
    /// Effects:  replaces the socket of a dead gateway. Call it before other threads run, because it sets the
    ///           umask.
    /// Errors:   throws std::runtime_error if another program listens there, or another kind of file has that
    ///           name.
    admin_socket(boost::asio::io_context& io, std::filesystem::path where);
    /// Removes the file, if it is still this socket's.
    ~admin_socket();
    admin_socket(admin_socket const&) = delete;
    admin_socket& operator=(admin_socket const&) = delete;

    http_acceptor take() { return std::move(acceptor_); }

private:
    std::filesystem::path where_;
    http_acceptor acceptor_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace gateway
