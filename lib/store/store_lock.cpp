#include "store/store_lock.hpp"

#include "base/failpoint.hpp"
#include "base/refuse.hpp"
#include "store/store_failure.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <thread>

namespace hotswap::detail {

namespace {

constexpr char lock_name[] = "lock";
constexpr std::size_t holder_size = 128;

// Written by the holder for people; no code depends on it.
std::string holder_in(int fd) {
    std::array<char, holder_size> text{};
    ssize_t const got = pread(fd, text.data(), text.size(), 0);
    std::string holder(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    holder = holder.substr(0, holder.find('\n'));
    std::erase_if(holder, [](char c) { return c < ' ' || c > '~'; });
    return holder.empty() ? "unknown" : holder;
}

void write_holder(int fd) {
    std::array<char, 65> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) std::strcpy(host.data(), "?");
    // Always the same size: cutting the file first would make some file systems write it out at once.
    std::array<char, holder_size> text{};
    fmt::format_to_n(text.data(), text.size(), "process {} on {}\n", getpid(), host.data());
    static_cast<void>(!pwrite(fd, text.data(), text.size(), 0));
}

// A host that is killed while it starts a helper leaves a child that has the lock until its exec, some
// moments later; if the host is restarted at once, it must not report that another one runs.
constexpr std::chrono::milliseconds patience{250};

bool lock_within_patience(int fd) {
    auto const deadline = std::chrono::steady_clock::now() + patience;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int const error = errno;
        if (error != EWOULDBLOCK || std::chrono::steady_clock::now() >= deadline) {
            errno = error;
            return false;
        }
        static_cast<void>(HOTSWAP_FAILPOINT("store.lock.wait"));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace

result<store_lock> store_lock::take(directory const& store) {
    auto const path = store.path() / lock_name;
    int opened = -1;
    int error = attempt("store.lock", [&] {
        return opened = openat(store.fd(), lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                               0600);
    });
    if (error != 0) return store_failure(path, "cannot be opened", error);
    file_descriptor fd(opened);
    if (!lock_within_patience(fd.get())) {
        if (errno != EWOULDBLOCK) return store_failure(path, "cannot be locked", errno);
        return refuse(
            errc::store_locked, phase::persist,
            "the store {} is in use by another runtime ({}); each runtime needs a store of its own: stop "
            "that one, or name another directory",
            store.path().string(), holder_in(fd.get()));
    }
    write_holder(fd.get());
    return store_lock(std::move(fd));
}

}  // namespace hotswap::detail
