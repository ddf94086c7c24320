// A stop that Ctrl-C requests, and what else asks a process to end.
#pragma once

#include "module/file_io.hpp"

#include <hotswap/detail/base/library_thread.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stop_token>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace hotswap::cli {

/// While it lives, SIGINT, SIGTERM and SIGHUP request a stop; a second one of them ends the process at once.
/// Threads:  made before all threads that it is to hold for
class stop_by_signal {
public:
    stop_by_signal() {
        ::sigemptyset(&signals_);
        for (int const each : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals_, each);
        ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
        asked_ = detail::file_descriptor(::signalfd(-1, &signals_, SFD_CLOEXEC));
        waiting_ = detail::library_thread(detail::thread_name("signals"), [this]() noexcept { wait(); });
    }
    ~stop_by_signal() {
        ::eventfd_write(over_.get(), 1);
        waiting_.join();
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    stop_by_signal(stop_by_signal const&) = delete;
    stop_by_signal& operator=(stop_by_signal const&) = delete;

    std::stop_token token() const { return stop_.get_token(); }

private:
    void wait() noexcept {
        for (;;) {
            ::pollfd watched[]{{over_.get(), POLLIN, 0}, {asked_.get(), POLLIN, 0}};
            ::poll(watched, 2, -1);
            if (watched[0].revents != 0) return;
            ::signalfd_siginfo which{};
            if (::read(asked_.get(), &which, sizeof which) != sizeof which) continue;
            if (stop_.stop_requested()) std::_Exit(128 + static_cast<int>(which.ssi_signo));
            std::fputs("hotswap: asked to stop: what was begun is undone; once more ends it at once\n",
                       stderr);
            stop_.request_stop();
        }
    }

    ::sigset_t signals_{};
    ::sigset_t before_{};
    detail::file_descriptor over_{::eventfd(0, EFD_CLOEXEC)};
    detail::file_descriptor asked_{-1};
    std::stop_source stop_;
    detail::library_thread waiting_;
};

}  // namespace hotswap::cli
