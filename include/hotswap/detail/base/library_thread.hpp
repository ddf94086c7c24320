// The one class of thread that the library begins: the host's signals do not reach it, and its name says what it is.
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

/// What the kernel shows of a thread, in 15 bytes: "hotswap:" and the component that it works for, or, if it works for none,
/// what it does. A mark tells apart the threads of one component.
class thread_name {
public:
    /// Effects:  what is too long is cut at its end, between two characters of UTF-8; the mark stays.
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

/// While it lives, the calling thread holds back every signal but those that a thread raises itself and `open_signals`. A
/// thread that it begins meanwhile inherits that, so it has no moment in which a signal of the host could interrupt it.
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
/// Lifetime: its destructor waits for it.
class library_thread {
public:
    library_thread() noexcept = default;
    /// Runs `f`, which must not throw: no caller is there to catch it.
    /// Effects:  the mask of the calling thread is afterwards as it was.
    /// Errors:   throws std::system_error if there is no thread, std::bad_alloc.
    template <class F>
    library_thread(thread_name name, F f) {
        static_assert(std::is_nothrow_invocable_v<F&>,
                      "what a thread throws ends the process: catch it there");
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
    /// Lets go of a thread whose work was given up.
    void let_go() noexcept { thread_.detach(); }

private:
    std::thread thread_;
};

}  // namespace hotswap::detail
