#include "admin/socket.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/strand.hpp>

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace gateway {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using local = asio::local::stream_protocol;

namespace {

void make_way(asio::io_context& io, fs::path const& where) {
    auto const what = fs::symlink_status(where);
    if (!fs::exists(what)) return;
    if (what.type() != fs::file_type::socket)
        throw std::runtime_error(
            fmt::format("{} is not a socket, and is not replaced; choose another --admin", where.native()));
    local::socket probe(io);
    boost::system::error_code error;
    probe.connect(local::endpoint(where.native()), error);
    if (!error)
        throw std::runtime_error(
            fmt::format("another gateway listens at {}; stop it, or choose another --admin", where.native()));
    if (error != asio::error::connection_refused)
        throw std::runtime_error(fmt::format("{} exists, and a test whether it is in use failed: {}",
                                             where.native(), error.message()));
    fs::remove(where);
}

}  // namespace

admin_socket::admin_socket(asio::io_context& io, fs::path where)
    : where_(std::move(where)), acceptor_(asio::make_strand(io)) {
    if (where_.native().size() >= sizeof(sockaddr_un::sun_path))
        throw std::runtime_error(fmt::format("{} is too long for a socket: {} bytes, at most {}",
                                             where_.native(), where_.native().size(),
                                             sizeof(sockaddr_un::sun_path) - 1));
    make_way(io, where_);
    acceptor_.open(local());
    mode_t const before = ::umask(0177);
    boost::system::error_code error;
    acceptor_.bind(local::endpoint(where_.native()), error);
    ::umask(before);
    if (error)
        throw std::runtime_error(
            fmt::format("cannot make the socket {}: {}", where_.native(), error.message()));
    acceptor_.listen();
    struct stat made {};
    if (::stat(where_.c_str(), &made) == 0) {
        device_ = made.st_dev;
        inode_ = made.st_ino;
    }
}

admin_socket::~admin_socket() {
    struct stat there {};
    if (::stat(where_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == inode_)
        ::unlink(where_.c_str());
}

}  // namespace gateway
