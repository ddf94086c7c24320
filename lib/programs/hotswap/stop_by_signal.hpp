// A stop that Ctrl-C requests, and what else asks a process to end.
#pragma once

#include <hotswap/detail/base/library_thread.hpp>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stop_token>

namespace hotswap::cli {

/// While it lives, SIGINT, SIGTERM and SIGHUP request a stop; a second one of them ends the process at once.
/// Threads:  made before all threads that it is to hold for
class stop_by_signal {
public:
    stop_by_signal() {
        ::sigemptyset(&signals_);
        for (int const each : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals_, each);
        ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
        waiting_ = detail::library_thread(detail::thread_name("signals"), [this]() noexcept { wait(); });
    }
    ~stop_by_signal() {
        is_over_ = true;
        waiting_.join();
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    stop_by_signal(stop_by_signal const&) = delete;
    stop_by_signal& operator=(stop_by_signal const&) = delete;

    std::stop_token token() const { return stop_.get_token(); }

private:
    void wait() noexcept {
        constexpr ::timespec a_while{.tv_sec = 0, .tv_nsec = 20'000'000};
        while (!is_over_) {
            int const which = ::sigtimedwait(&signals_, nullptr, &a_while);
            if (which <= 0) continue;
            if (stop_.stop_requested()) std::_Exit(128 + which);
            std::fputs("hotswap: asked to stop: what was begun is undone; once more ends it at once\n",
                       stderr);
            stop_.request_stop();
        }
    }

    ::sigset_t signals_{};
    ::sigset_t before_{};
    std::atomic<bool> is_over_{false};
    std::stop_source stop_;
    detail::library_thread waiting_;
};

}  // namespace hotswap::cli
