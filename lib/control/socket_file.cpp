#include "control/socket_file.hpp"

#include "base/refuse.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

failure cannot(std::string_view what, fs::path const& where) {
    return refuse(errc::control_failed, phase::none, "{} {}: {}; choose another path for the control socket",
                  what, where.native(), std::generic_category().message(errno));
}

result<void> check_length(fs::path const& where) {
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    if (where.native().size() <= longest) return {};
    return refuse(errc::control_failed, phase::none,
                  "{} is too long for a Unix socket: {} bytes, at most {}; choose a shorter path",
                  where.native(), where.native().size(), longest);
}

// A user who can write to the directory can replace the socket.
result<void> prepare_directory(fs::path const& where, bool others) {
    auto const directory = where.has_parent_path() ? where.parent_path() : fs::path(".");
    std::error_code failed;
    if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), failed);
    if (::mkdir(directory.c_str(), others ? 0755 : 0700) == 0) {
        if (others && ::chmod(directory.c_str(), 0755) != 0)
            return cannot("cannot open to others the directory", directory);
        return {};
    }
    if (errno != EEXIST) return cannot("cannot make the directory", directory);
    struct stat found {};
    if (::stat(directory.c_str(), &found) != 0) return cannot("cannot examine", directory);
    bool const is_ours = found.st_uid == ::geteuid() || found.st_uid == 0;
    bool const is_shared = (found.st_mode & 022U) != 0 && (found.st_mode & S_ISVTX) == 0;
    if (S_ISDIR(found.st_mode) && is_ours && !is_shared) return {};
    return refuse(errc::control_failed, phase::none,
                  "{} is no directory that only the host's user (or root) can write to: owner {}, mode {:o}; "
                  "a socket there "
                  "could be replaced by another user's; choose a directory of the host's own",
                  directory.native(), found.st_uid, found.st_mode & 07777U);
}

}  // namespace

result<socket_file> socket_file::make(fs::path where, bool others) {
    if (auto fits = check_length(where); !fits) return fits.error();
    if (auto ready = prepare_directory(where, others); !ready) return ready.error();
    socket_file made(std::move(where));
    if (auto locked = made.lock(); !locked) return locked.error();
    if (auto listens = made.listen(others); !listens) return listens.error();
    return made;
}

socket_file socket_file::adopt(int listening) noexcept {
    socket_file made;
    made.listening_ = listening;
    return made;
}

result<void> socket_file::lock() {
    auto const name = where_.native() + ".lock";
    lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock_ < 0) return cannot("cannot open the lock", name);
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return cannot("cannot lock", name);
    return refuse(errc::control_failed, phase::none,
                  "another host serves at {}; stop it, or choose another path for the control socket",
                  where_.native());
}

// Binds under a private name, which no other process opens, and moves the finished socket to its path.
result<void> socket_file::listen(bool others) {
    struct stat found {};
    if (::lstat(where_.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode))
        return refuse(errc::control_failed, phase::none,
                      "{} is there and is not a socket, so it is not replaced; choose another path for the "
                      "control socket",
                      where_.native());
    auto directory = where_.parent_path();
    if (directory.empty()) directory = ".";
    int const at = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (at < 0) return cannot("cannot open the directory", directory);
    auto const own = fmt::format(".hotswap-{}", ::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto const short_path = fmt::format("/proc/self/fd/{}/{}", at, own);
    std::memcpy(address.sun_path, short_path.c_str(), short_path.size() + 1);
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ::unlinkat(at, own.c_str(), 0);
    bool const is_there =
        listening_ >= 0 &&
        ::bind(listening_, reinterpret_cast<sockaddr const*>(&address), sizeof(address)) == 0 &&
        ::fchmodat(at, own.c_str(), others ? 0666 : 0600, 0) == 0 && ::listen(listening_, SOMAXCONN) == 0 &&
        ::fstatat(at, own.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
        ::renameat(at, own.c_str(), at, where_.filename().c_str()) == 0;
    auto const error = errno;
    if (!is_there) ::unlinkat(at, own.c_str(), 0);
    ::close(at);
    errno = error;
    if (!is_there) return cannot("cannot make the socket", where_);
    device_ = found.st_dev;
    inode_ = found.st_ino;
    return {};
}

int socket_file::take() noexcept { return std::exchange(listening_, -1); }

socket_file::socket_file(socket_file&& from) noexcept
    : where_(std::move(from.where_)),
      lock_(std::exchange(from.lock_, -1)),
      listening_(std::exchange(from.listening_, -1)),
      device_(from.device_),
      inode_(std::exchange(from.inode_, 0)) {}

socket_file::~socket_file() {
    if (listening_ >= 0) ::close(listening_);
    struct stat there {};
    if (inode_ != 0 && ::lstat(where_.c_str(), &there) == 0 && there.st_dev == device_ &&
        there.st_ino == inode_)
        ::unlink(where_.c_str());
    if (lock_ >= 0) ::close(lock_);
}

}  // namespace hotswap::detail
