// The one class of thread that the library begins: it blocks the host's signals, and its name tells its
// purpose.
#pragma once

#include <hotswap/detail/base/open_signals.hpp>

#include <pthread.h>
#include <signal.h>

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

namespace hotswap::detail {

/// A thread's name in the kernel, in 15 bytes: "hotswap:" and the component that it works for, or, without a
/// component, its task. A mark distinguishes the threads of one component.
class thread_name {
public:
    /// Effects:  a name that is too long is cut at its end, between two characters of UTF-8; the mark stays.
    explicit constexpr thread_name(std::string_view whose, char mark = '\0') noexcept {
        std::size_t room = sizeof text_ - 1 - begin_.size() - (mark == '\0' ? 0 : 1);
        if (room >= whose.size())
            room = whose.size();
        else
            while (room != 0 && is_within_character(whose[room])) --room;
        append(begin_);
        append(whose.substr(0, room));
        if (mark != '\0') append({&mark, 1});
    }
    constexpr char const* c_str() const noexcept { return text_; }

private:
    static constexpr std::string_view begin_ = "hotswap:";

    static constexpr bool is_within_character(char c) noexcept {
        return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    }
    constexpr void append(std::string_view part) noexcept {
        for (char const c : part) text_[size_++] = c;
    }

    char text_[16]{};
    std::size_t size_ = 0;
};

/// During its lifetime, the calling thread blocks every signal except `open_signals` and those that a thread
/// raises itself. A thread that the calling thread begins meanwhile inherits this mask, so a signal of the
/// host can never interrupt it.
class held_back_signals {
public:
    held_back_signals() noexcept {
        sigset_t held;
        sigfillset(&held);
        for (int const signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS})
            sigdelset(&held, signal);
        signal_bits const open = signals_left_open();
        for (int signal = 1; signal <= 64; ++signal)
            if ((open & bit_of(signal)) != 0) sigdelset(&held, signal);
        pthread_sigmask(SIG_SETMASK, &held, &before_);
    }
    ~held_back_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    held_back_signals(held_back_signals const&) = delete;
    held_back_signals& operator=(held_back_signals const&) = delete;

private:
    sigset_t before_{};
};

/// A thread of the library. No other class begins one (tests/house/threads.cpp).
/// Lifetime: its destructor waits for the thread.
class library_thread {
public:
    library_thread() noexcept = default;
    /// Runs `f`, which must not throw: no caller could catch the exception.
    /// Effects:  the signal mask of the calling thread is restored afterwards.
    /// Errors:   throws std::system_error if no thread can be started, std::bad_alloc.
    template <class F>
    library_thread(thread_name name, F f) {
        static_assert(std::is_nothrow_invocable_v<F&>,
                      "an exception that leaves a thread ends the process: catch it in the thread");
        held_back_signals const inherited;
        thread_ = std::thread([name, f = std::move(f)]() mutable noexcept {
            pthread_setname_np(pthread_self(), name.c_str());
            f();
        });
    }
    library_thread(library_thread&&) noexcept = default;
    library_thread& operator=(library_thread&& other) noexcept {
        join();
        thread_ = std::move(other.thread_);
        return *this;
    }
    ~library_thread() { join(); }

    bool is_begun() const noexcept { return thread_.joinable(); }
    bool is_this_thread() const noexcept { return thread_.get_id() == std::this_thread::get_id(); }
    void join() noexcept {
        if (thread_.joinable()) thread_.join();
    }
    /// Detaches a thread whose work was abandoned.
    void let_go() noexcept { thread_.detach(); }

private:
    std::thread thread_;
};

}  // namespace hotswap::detail
