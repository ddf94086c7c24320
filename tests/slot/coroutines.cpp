// Coroutines whose calls suspend them, and that continue on another thread.
#include "slot/gate_fixture.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace {

/// Threads that resume coroutines.
class pool {
public:
    explicit pool(int threads) {
        for (int i = 0; i != threads; ++i) threads_.emplace_back([this] { run(); });
    }
    ~pool() {
        {
            std::lock_guard const lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        for (auto& each : threads_) each.join();
    }
    void post(std::coroutine_handle<> what) {
        {
            std::lock_guard const lock(mutex_);
            ready_.push_back(what);
        }
        changed_.notify_one();
    }

private:
    void run() {
        for (;;) {
            std::coroutine_handle<> next;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [&] { return stop_ || !ready_.empty(); });
                if (ready_.empty()) return;
                next = ready_.front();
                ready_.pop_front();
            }
            next.resume();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::coroutine_handle<>> ready_;
    bool stop_ = false;
    std::vector<std::thread> threads_;
};

struct started {
    struct promise_type {
        started get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

/// The awaitable result of a component's function: the coroutine continues on the pool.
struct later {
    pool& on;
    bool value;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> what) const { on.post(what); }
    bool await_resume() const noexcept { return value; }
};

/// A component whose instances record whether they are alive.
struct store {
    static constexpr hotswap::contract contract{"test.store", 1};
    std::atomic<bool> alive{true};

    later read(pool& on) { return {on, alive.load()}; }
};

struct outcome {
    std::atomic<int> left{0};
    std::atomic<std::uint64_t> in_dead{0};
};

// The lease of the call ends with the full expression: after the coroutine has continued, on any thread.
started client(pool& on, hotswap::handle<store> const it, int rounds, outcome& out) {
    co_await later{on, true};
    for (int i = 0; i != rounds; ++i) {
        if (!co_await it->read(on)) ++out.in_dead;
        auto const held = it.lease();
        if (!held->alive) ++out.in_dead;
        if (!co_await later{on, true} || !held->alive) ++out.in_dead;
    }
    --out.left;
    out.left.notify_all();
}

}  // namespace

TEST_CASE(
    "coroutines: calls and leases that end on another thread are given back, and no instance is destroyed "
    "under one") {
    auto const gate = std::make_shared<hotswap::detail::gate>("it", "test.store", 1);
    hotswap::handle<store> const it(gate);
    auto running = std::make_unique<store>();
    std::vector<std::unique_ptr<store>> before;  // dead, kept so that the test finds calls to them
    gate->open(running.get());
    outcome out;
    int swaps = 0;
    {
        pool on(4);
        constexpr int clients = 40;
        out.left = clients;
        for (int i = 0; i != clients; ++i) client(on, it, 200, out);
        while (out.left != 0) {
            test::close_gate(*gate);
            // If a lease is out at any time each thread counts as inside, so that this drain may end at its
            // deadline.
            if (gate->wait_until_drained(std::chrono::steady_clock::now() + std::chrono::milliseconds(2))) {
                running->alive = false;
                before.push_back(std::move(running));
                running = std::make_unique<store>();
                gate->open(running.get());
                ++swaps;
            } else {
                gate->reopen();
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        CHECK(gate->leases() == 0);
    }
    CHECK(out.in_dead == 0);
    CHECK(gate->leases() == 0);
    test::close_gate(*gate);
    CHECK(gate->wait_until_drained(std::chrono::steady_clock::now()));
    MESSAGE(swaps << " swaps among them");
    gate->end();
}
