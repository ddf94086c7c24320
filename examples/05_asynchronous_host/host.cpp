// Coroutines on a pool of two threads hold a component over their suspensions while it is swapped. No thread
// of the pool sleeps at the closed gate, so suspended coroutines continue and the swap succeeds. A long poll
// returns early.
#include "inbox.hpp"

#include <hotswap/asio.hpp>
#include <hotswap/runtime.hpp>

#include <fmt/core.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr int clients = 50;
constexpr int rounds = 20;

// Puts messages and takes as many; a timer, in place of the network, suspends the coroutine in between.
asio::awaitable<void> client(hotswap::handle<demo::inbox> inbox, std::atomic<int>& taken,
                             std::atomic<int>& left) {
    for (int i = 0; i != rounds; ++i) {
        auto const hold = co_await hotswap::async_lease(inbox, asio::use_awaitable);
        hold->put("message " + std::to_string(i));
        asio::steady_timer network(co_await asio::this_coro::executor, 1ms);
        co_await network.async_wait(asio::use_awaitable);
        if (hold->take()) ++taken;  // the same generation, perhaps on another thread
    }
    --left;
}

}  // namespace

int main(int argc, char** argv) {
    std::filesystem::path const modules = argc > 1 ? argv[1] : "modules";
    hotswap::runtime runtime{{.modules = modules, .rehearse = hotswap::rehearse::never}};
    auto const inbox = runtime.load<demo::inbox>("inbox", {.module = modules / "inbox-1.0.0.so"}).value();

    std::atomic<int> taken{0};
    std::atomic<int> left{clients};
    asio::thread_pool pool(2);
    for (int i = 0; i != clients; ++i) asio::co_spawn(pool, client(inbox, taken, left), asio::detached);

    // An operation blocks the calling thread: this one, and none of the pool's.
    int swaps = 0;
    bool refused = false;
    for (; left != 0 && !refused; ++swaps) {
        auto const next = modules / (swaps % 2 == 0 ? "inbox-2.0.0.so" : "inbox-1.0.0.so");
        if (auto const report = runtime.swap("inbox", {.module = next}); !report) {
            fmt::print("still serving the old one: {}\n", report.error());
            refused = true;
        }
        std::this_thread::sleep_for(5ms);
    }
    pool.join();
    fmt::print("{} messages put and taken by {} coroutines, across {} swaps\n", taken.load(), clients, swaps);

    // A call that waits for long has its own thread. It returns when a swap waits for it, and calls again
    // into the new code.
    std::atomic<int> visits{0};
    std::string received;
    std::thread poll([&] {
        for (std::optional<std::string> text; !text;) {
            ++visits;
            text = inbox->wait_and_take();
            if (text) received = *text;
        }
    });
    while (visits == 0) std::this_thread::yield();
    auto const report = runtime.swap("inbox", {.even_if_unchanged = true});
    inbox->put("hello");
    poll.join();
    fmt::print("a long poll received \"{}\" on its visit {}\n", received, visits.load());
    return taken == clients * rounds && !refused && report && received == "hello" ? 0 : 1;
}
