// Hosts on Boost.Asio: no thread of a pool sleeps at a closed gate.
#include "slot/fixtures/poller.hpp"
#include "slot/gate_fixture.hpp"
#include "slot/waiting.hpp"

#include <hotswap/asio.hpp>
#include <hotswap/runtime.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

namespace asio = boost::asio;
using hotswap::async_lease;
using hotswap::errc;
using hotswap::shared_lease;
using test::gated;
using test::pair;
using test::poller;
using namespace std::chrono_literals;

namespace {

struct outcome {
    std::optional<boost::system::error_code> error;
    shared_lease<pair> held;
    std::thread::id by;

    auto note() {
        return [this](boost::system::error_code why, shared_lease<pair> lease) {
            error = why;
            held = std::move(lease);
            by = std::this_thread::get_id();
        };
    }
};

constexpr int rounds = 40;

asio::awaitable<void> client(hotswap::handle<poller> it, std::atomic<int>& left) {
    for (int i = 0; i != rounds; ++i) {
        auto const hold = co_await async_lease(it, asio::use_awaitable);
        hold->bump();
        asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
        co_await timer.async_wait(asio::use_awaitable);
        hold->bump();
    }
    --left;
}

}  // namespace

TEST_CASE("async_lease: fifty coroutines that hold a lease while they are suspended let every swap through") {
    constexpr int clients = 50;
    for (unsigned const threads : {1u, 2u, 4u}) {
        CAPTURE(threads);
        hotswap::runtime runtime{{.modules = HOTSWAP_TEST_MODULES "/slot",
                                  .log_to_stderr = false,
                                  .rehearse = hotswap::rehearse::never}};
        auto const it = runtime.load<poller>("it", {.module = "poller"}).value();
        std::atomic<int> left{clients};
        asio::thread_pool pool(threads);
        for (int i = 0; i != clients; ++i) asio::co_spawn(pool, client(it, left), asio::detached);
        int swaps = 0;
        while (left != 0) {
            auto const report = runtime.swap("it", {.even_if_unchanged = true});
            REQUIRE_MESSAGE(report.has_value(), to_string(report.error()));
            ++swaps;
            std::this_thread::sleep_for(5ms);
        }
        pool.join();
        CHECK(swaps > 1);
        CHECK(it.gate()->leases() == 0);
        CHECK(it->bump() == clients * rounds * 2 + 1);
        CHECK(runtime.unload("it").has_value());
    }
}

TEST_CASE(
    "async_lease: it completes on its executor and not within the call, through an open gate and after a "
    "closed one") {
    gated g;
    asio::io_context context;
    outcome first;
    async_lease(g.handle, asio::bind_executor(context, first.note()));
    CHECK_FALSE(first.error);
    context.run();
    REQUIRE(first.error);
    CHECK_FALSE(*first.error);
    CHECK(&*first.held == &g.object);
    CHECK(g.gate->leases() == 1);
    first.held = {};

    context.restart();
    test::close_gate(*g.gate);
    outcome second;
    async_lease(g.handle, asio::bind_executor(context, second.note()));
    std::thread pool([&] { context.run(); });  // has work while the operation waits
    auto const id = pool.get_id();
    CHECK(g.drains_at_once());
    CHECK(g.gate->calls_held() == 0);
    g.gate->reopen();
    pool.join();
    REQUIRE(second.error);
    CHECK_FALSE(*second.error);
    CHECK(second.by == id);
    CHECK(&*second.held == &g.object);
    second.held = {};
    CHECK(g.gate->leases() == 0);
}

TEST_CASE(
    "async_lease: one that waits is cancelled with operation_aborted, and one that has its lease is not") {
    gated g;
    asio::io_context context;
    asio::cancellation_signal signal;
    outcome waits;
    outcome has;
    async_lease(g.handle,
                asio::bind_cancellation_slot(signal.slot(), asio::bind_executor(context, has.note())));
    signal.emit(asio::cancellation_type::total);
    context.run();
    CHECK(has.error == boost::system::error_code{});

    context.restart();
    test::close_gate(*g.gate);
    async_lease(g.handle,
                asio::bind_cancellation_slot(signal.slot(), asio::bind_executor(context, waits.note())));
    CHECK(context.poll() == 0);
    signal.emit(asio::cancellation_type::terminal);
    context.run();
    REQUIRE(waits.error);
    CHECK(*waits.error == asio::error::operation_aborted);
    CHECK_FALSE(static_cast<bool>(waits.held));
    signal.emit(asio::cancellation_type::terminal);  // no operation receives it
    has.held = {};
    g.gate->reopen();
    CHECK(g.gate->leases() == 0);
}

TEST_CASE("async_lease: those that wait when the component ends get component_gone, and so does the next") {
    gated g;
    outcome waits;
    outcome late;
    asio::thread_pool pool(1);
    test::close_gate(*g.gate);
    async_lease(g.handle, asio::bind_executor(pool, waits.note()));
    g.gate->end();
    async_lease(g.handle, asio::bind_executor(pool, late.note()));
    pool.join();
    for (auto const* each : {&waits, &late}) {
        REQUIRE(each->error);
        CHECK(*each->error == errc::component_gone);
        CHECK_FALSE(static_cast<bool>(each->held));
    }
    CHECK(g.gate->leases() == 0);
}

TEST_CASE("async_lease: a lease that its handler never took is given back with its context") {
    gated g;
    {
        asio::io_context context;
        outcome never;
        async_lease(g.handle, asio::bind_executor(context, never.note()));
        CHECK(g.gate->leases() == 1);
    }
    CHECK(g.gate->leases() == 0);
}
