#include "module/directory_watch.hpp"

#include "base/refuse.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace hotswap::detail {

namespace fs = std::filesystem;

result<directory_watch> directory_watch::open(fs::path directory) {
    file_descriptor events(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    file_descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!events || !wake ||
        ::inotify_add_watch(events.get(), directory.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
        auto const error = errno;
        bool const is_full = error == ENOSPC || error == EMFILE || error == ENOMEM;
        return refuse(is_full ? errc::limit_reached : errc::no_such_file, phase::none,
                      "{} cannot be watched ({}); {}", directory.native(),
                      std::generic_category().message(error),
                      is_full ? "raise fs.inotify.max_user_watches or max_user_instances"
                              : "name a directory that exists");
    }
    return directory_watch(std::move(directory), std::move(events), std::move(wake));
}

std::set<fs::path> directory_watch::wait(std::chrono::nanoseconds settle, std::stop_token const& stop,
                                         std::set<fs::path> earlier) {
    std::stop_callback const woken(stop, [fd = wake_.get()]() noexcept {
        std::uint64_t const one = 1;
        static_cast<void>(!::write(fd, &one, sizeof one));
    });
    auto arrived = std::move(earlier);
    for (;;) {
        if (stop.stop_requested()) return {};
        std::array waited{pollfd{events_.get(), POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
        auto const longest = std::chrono::ceil<std::chrono::milliseconds>(settle).count();
        int const count =
            ::poll(waited.data(), waited.size(), arrived.empty() ? -1 : static_cast<int>(longest));
        if (count == 0) return arrived;
        read_into(arrived);
    }
}

void directory_watch::read_into(std::set<fs::path>& arrived) {
    alignas(inotify_event) std::array<char, 16384> bytes;
    for (;;) {
        auto const size = ::read(events_.get(), bytes.data(), bytes.size());
        if (size <= 0) return;
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, bytes.data() + at, sizeof event);
            if ((event.mask & IN_Q_OVERFLOW) != 0) add_all(arrived);
            if (event.len != 0 && (event.mask & IN_ISDIR) == 0)
                arrived.insert(directory_ / (bytes.data() + at + sizeof event));
            at += sizeof event + event.len;
        }
    }
}

void directory_watch::add_all(std::set<fs::path>& arrived) const {
    std::error_code error;
    for (auto const& each : fs::directory_iterator(directory_, error)) arrived.insert(each.path());
}

}  // namespace hotswap::detail
