#include "module/left_behind.hpp"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory_resource>
#include <new>

namespace hotswap::detail {

// std::get_unexpected, which the standard no longer declares.
void (*current_unexpected_handler() noexcept)() __asm__("_ZSt14get_unexpectedv");

namespace {

constexpr std::string_view at_thread_end = "whose destructor runs in any thread that ends later";
constexpr std::string_view in_printf = "whose function runs in any later printf";
constexpr std::string_view by_timer = "whose function may run in a thread of the C library";
constexpr std::string_view handler = "a signal handler";

// atexit, at_quick_exit, pthread_atfork and __cxa_thread_atexit are not here: the C library ties their
// callbacks to the object that registered them, and runs, drops or keeps them when that object is closed.
constexpr std::array registrations{
    registration{"pthread_key_create", "pthread_key_create", at_thread_end, false},
    registration{"tss_create", "tss_create", at_thread_end, false},
    registration{"on_exit", "on_exit", "whose function runs when the process exits", false},
    registration{"fopencookie", "fopencookie", "whose functions run when the process exits", false},
    registration{"register_printf_specifier", "register_printf_specifier", in_printf, false},
    registration{"register_printf_function", "register_printf_function", in_printf, false},
    registration{"register_printf_modifier", "register_printf_modifier", in_printf, false},
    registration{"register_printf_type", "register_printf_type", in_printf, false},
    registration{"openlog", "openlog", "whose text is read by any later syslog", false},
    registration{"putenv", "putenv", "whose text is read by any later getenv", false},
    registration{"timer_create", "timer_create", by_timer, false},
    registration{"mq_notify", "mq_notify", by_timer, false},
    registration{"getaddrinfo_a", "getaddrinfo_a", by_timer, false},
    registration{"_ZNSt6locale6globalERKS_", "std::locale::global", "whose facets are used by any stream",
                 false},
    registration{"signal", "signal", handler, true},
    registration{"sigaction", "sigaction", handler, true},
    registration{"__sysv_signal", "signal", handler, true},
    registration{"sysv_signal", "sysv_signal", handler, true},
    registration{"bsd_signal", "bsd_signal", handler, true},
    registration{"ssignal", "ssignal", handler, true},
    registration{"sigset", "sigset", handler, true},
    registration{"_ZSt13set_terminatePFvvE", "std::set_terminate", "a terminate handler", true},
    registration{"_ZSt14set_unexpectedPFvvE", "std::set_unexpected", "an unexpected handler", true},
    registration{"_ZSt15set_new_handlerPFvvE", "std::set_new_handler", "a new handler", true},
    registration{"_ZNSt3pmr20set_default_resourceEPNS_15memory_resourceE", "std::pmr::set_default_resource",
                 "a memory resource", true},
};

// Threads, and functions through which a library can reach any other function.
constexpr std::array<std::string_view, 13> starters{"pthread_create",
                                                    "thrd_create",
                                                    "clone",
                                                    "syscall",
                                                    "dlopen",
                                                    "dlmopen",
                                                    "dlsym",
                                                    "dlvsym",
                                                    "aio_read",
                                                    "aio_write",
                                                    "aio_fsync",
                                                    "lio_listio",
                                                    "_ZNSt6thread15_M_start_thread"};

class finder {
public:
    finder(std::uintptr_t begin, std::uintptr_t end) noexcept : begin_(begin), end_(end) {}

    bool contains(std::uintptr_t address) const noexcept { return begin_ <= address && address < end_; }
    // Allocates memory only for its findings: if nothing is left behind, no allocation can fail.
    void look_at(std::string_view what, std::uintptr_t address) {
        if (!contains(address)) return;
        if (!text_.empty()) text_ += ", ";
        text_ += what;
        text_ += " is in it";
    }
    template <class F>
    void look_at(std::string_view what, F* function) {
        look_at(what, reinterpret_cast<std::uintptr_t>(function));
    }
    std::string found() && { return std::move(text_); }

private:
    std::uintptr_t begin_;
    std::uintptr_t end_;
    std::string text_{};
};

std::string name_of(int signal) {
    char const* const known = sigabbrev_np(signal);
    if (known != nullptr) return std::string("SIG") + known;
    if (signal < SIGRTMIN) return "signal " + std::to_string(signal);
    return "SIGRTMIN+" + std::to_string(signal - SIGRTMIN);
}

}  // namespace

registration const* find_registration(std::string_view symbol) noexcept {
    auto const* const found =
        std::find_if(registrations.begin(), registrations.end(),
                     [symbol](registration const& each) { return each.symbol == symbol; });
    return found == registrations.end() ? nullptr : found;
}

bool may_leave_something(std::string_view symbol) noexcept {
    return find_registration(symbol) != nullptr ||
           std::any_of(starters.begin(), starters.end(),
                       [symbol](std::string_view each) { return symbol.starts_with(each); });
}

bool leaves_without_trace(std::string_view symbol) noexcept {
    auto const* const known = find_registration(symbol);
    return known != nullptr && !known->can_be_asked;
}

std::string what_calls_into(std::uintptr_t begin, std::uintptr_t end) {
    finder here(begin, end);
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        struct sigaction now {};
        if (sigaction(signal, nullptr, &now) != 0) continue;  // the C library's own signal
        auto const address = (now.sa_flags & SA_SIGINFO) != 0
                                 ? reinterpret_cast<std::uintptr_t>(now.sa_sigaction)
                                 : reinterpret_cast<std::uintptr_t>(now.sa_handler);
        if (here.contains(address)) here.look_at(name_of(signal) + "'s handler", address);
    }
    here.look_at("the terminate handler", std::get_terminate());
    here.look_at("the unexpected handler", current_unexpected_handler());
    here.look_at("the new handler", std::get_new_handler());
    here.look_at("the default memory resource", std::pmr::get_default_resource());
    return std::move(here).found();
}

}  // namespace hotswap::detail
