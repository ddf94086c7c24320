#include <hotswap/detail/base/library_thread.hpp>

#include "base/signal_mask.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <string_view>

using hotswap::detail::held_back_signals;
using hotswap::detail::library_thread;
using hotswap::detail::thread_name;

namespace {

std::string name_of(std::string_view whose, char mark = '\0') { return thread_name(whose, mark).c_str(); }

struct seen {
    hotswap_test::signal_bits held = 0;
    std::string name;

    void look() noexcept {
        held = hotswap_test::held_by_this_thread();
        char text[16]{};
        pthread_getname_np(pthread_self(), text, sizeof text);
        name = text;
    }
};

}  // namespace

TEST_CASE("thread: its name is hotswap: and for whom, in 15 bytes, cut between two characters") {
    CHECK(name_of("cache") == "hotswap:cache");
    CHECK(name_of("session") == "hotswap:session");
    CHECK(name_of("sessions") == "hotswap:session");
    CHECK(name_of("rate_limiter") == "hotswap:rate_li");
    CHECK(name_of("rate_limiter", '?') == "hotswap:rate_l?");
    CHECK(name_of("cache", '+') == "hotswap:cache+");
    CHECK(name_of("") == "hotswap:");
    CHECK(name_of("größen") == "hotswap:größe");
    CHECK(name_of("abcdefü") == "hotswap:abcdef");
    CHECK(name_of("\x80\x80\x80\x80\x80\x80\x80\x80") == "hotswap:");
}

TEST_CASE(
    "thread: it holds back all signals but those that a thread raises itself, and its caller none more") {
    auto const before = hotswap_test::held_by_this_thread();
    seen of;
    library_thread(thread_name("base"), [&of]() noexcept { of.look(); }).join();
    CHECK(of.held == hotswap_test::held_by_threads_of_the_library());
    CHECK(of.name == "hotswap:base");
    CHECK(hotswap_test::held_by_this_thread() == before);
}

TEST_CASE("thread: what its caller holds back of those that a thread raises itself, it does not") {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGSEGV);
    sigaddset(&wanted, SIGUSR2);
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, &wanted, &before);
    seen of;
    library_thread(thread_name("base"), [&of]() noexcept { of.look(); }).join();
    auto const after = hotswap_test::held_by_this_thread();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CHECK(of.held == hotswap_test::held_by_threads_of_the_library());
    CHECK(after == (hotswap::detail::bit_of(SIGSEGV) | hotswap::detail::bit_of(SIGUSR2)));
}

TEST_CASE(
    "thread: a signal that the process uses to ask its threads is left open by those that begin later") {
    hotswap::detail::signal_bits const asked = hotswap::detail::bit_of(SIGRTMIN + 3);
    auto const* const own = std::exchange(hotswap::detail::open_signals, &asked);
    seen of;
    library_thread(thread_name("base"), [&of]() noexcept { of.look(); }).join();
    hotswap::detail::open_signals = own;
    CHECK(of.held == (hotswap_test::held_by_threads_of_the_library() & ~asked));
}

TEST_CASE("thread: its destructor waits for it, and so does what is moved over it") {
    std::atomic<int> ended{0};
    auto const slowly = [&ended]() noexcept {
        std::this_thread::yield();
        ++ended;
    };
    { library_thread const one(thread_name("base"), slowly); }
    CHECK(ended == 1);
    library_thread kept(thread_name("base"), slowly);
    CHECK(kept.is_begun());
    CHECK_FALSE(kept.is_this_thread());
    kept = library_thread(thread_name("base"), slowly);
    CHECK(ended >= 2);
    kept.join();
    CHECK(ended == 3);
    CHECK_FALSE(kept.is_begun());
}
