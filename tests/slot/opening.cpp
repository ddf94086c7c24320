// Entrances that do not wait: try_lease, try_share, when_open.
#include "slot/gate_fixture.hpp"
#include "slot/waiting.hpp"

#include "slot/closed_here.hpp"

#include <hotswap/failure.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <thread>
#include <vector>

using hotswap::errc;
using hotswap::opening;
using test::gated;
using test::pair;

TEST_CASE(
    "try_lease: a lease through an open gate, nothing at a closed one, and component_gone once it is gone") {
    gated g;
    CHECK(g.handle.try_lease().has_value());
    CHECK(static_cast<bool>(g.handle.try_share()));
    CHECK(g.gate->leases() == 0);
    {
        auto const held = g.handle.try_lease("here.cpp", 7);
        REQUIRE(held);
        CHECK(&**held == &g.object);
        CHECK(g.gate->leases() == 1);
        CHECK(g.gate->holders().find("here.cpp:7") != std::string::npos);
    }
    test::close_gate(*g.gate);
    CHECK_FALSE(g.handle.try_lease().has_value());
    CHECK_FALSE(static_cast<bool>(g.handle.try_share()));
    CHECK(g.drains_at_once());
    CHECK(g.gate->calls_held() == 0);
    g.gate->end();
    try {
        static_cast<void>(g.handle.try_lease());
        FAIL("it is gone");
    } catch (hotswap::swap_error const& e) {
        CHECK(e.code() == errc::component_gone);
    }
    CHECK_THROWS_AS(static_cast<void>(g.handle.try_share()), hotswap::swap_error);
}

TEST_CASE("try_lease: a thread that is inside already gets one while the gate drains") {
    gated g;
    auto held = std::optional(g.handle.lease());
    test::close_gate(*g.gate);
    CHECK(g.handle.try_lease().has_value());
    held.reset();
    CHECK_FALSE(g.handle.try_lease().has_value());
}

TEST_CASE("when_open: it is called at once if the gate is open or the component gone, and once") {
    gated g;
    std::vector<opening> heard;
    auto const note = [&](opening how) { heard.push_back(how); };
    auto first = g.handle.when_open(note);
    CHECK(heard == std::vector{opening::open});
    CHECK_FALSE(first.cancel());
    test::close_gate(*g.gate);
    g.gate->reopen();
    CHECK(heard.size() == 1);
    g.gate->end();
    auto const second = g.handle.when_open(note);
    CHECK(heard == std::vector{opening::open, opening::gone});
}

TEST_CASE(
    "when_open: those that wait are called in their order by the thread that opens, and may call the "
    "component") {
    gated g;
    test::close_gate(*g.gate);
    std::vector<int> heard;
    std::thread::id by;
    auto const first = g.handle.when_open([&](opening how) {
        CHECK(how == opening::open);
        CHECK(g.handle->agrees());
        by = std::this_thread::get_id();
        heard.push_back(1);
    });
    auto const second = g.handle.when_open([&](opening) { heard.push_back(2); });
    CHECK(heard.empty());
    std::thread opener([&] { g.gate->reopen(); });
    auto const id = opener.get_id();
    opener.join();
    CHECK(heard == std::vector{1, 2});
    CHECK(by == id);
    test::close_gate(*g.gate);
    g.gate->reopen();
    CHECK(heard.size() == 2);
}

TEST_CASE("when_open: what was taken back is not called, and lets go of what it holds at once") {
    gated g;
    test::close_gate(*g.gate);
    auto const held = std::make_shared<int>(1);
    int heard = 0;
    auto stays = g.handle.when_open([&](opening) { ++heard; });
    auto taken_back = g.handle.when_open([&heard, held](opening) { heard += 10; });
    {
        auto const ends = g.handle.when_open([&heard, held](opening) { heard += 100; });
    }
    CHECK(held.use_count() == 2);
    CHECK(taken_back.cancel());
    CHECK(held.use_count() == 1);
    CHECK_FALSE(taken_back.cancel());
    g.handle.when_open([&](opening) { heard += 1000; }).detach();
    g.gate->reopen();
    CHECK(heard == 1001);
    CHECK_FALSE(stays.cancel());
}

TEST_CASE(
    "when_open: a component that ends while one waits, and a gate that is never opened, are said to be "
    "gone") {
    std::vector<opening> heard;
    auto const note = [&](opening how) { heard.push_back(how); };
    {
        gated g;
        test::close_gate(*g.gate);
        g.handle.when_open(note).detach();
        g.gate->end();
        CHECK(heard == std::vector{opening::gone});
        gated other;
        test::close_gate(*other.gate);
        other.handle.when_open(note).detach();
    }
    CHECK(heard == std::vector{opening::gone, opening::gone});
}

TEST_CASE(
    "when_open: a thread that still holds another gate closed calls nothing before it has opened that, too") {
    gated one;
    gated two;
    int heard = 0;
    auto begun = std::make_optional<hotswap::detail::behind_gates>(std::uint32_t{2});
    {
        hotswap::detail::behind_gates const nested(4);
        test::close_gate(*one.gate);
        test::close_gate(*two.gate);
        one.handle.when_open([&](opening) { heard += two.handle->agrees() ? 1 : 100; }).detach();
        one.gate->reopen();
        CHECK(heard == 0);
        two.gate->reopen();
    }
    CHECK(heard == 0);
    begun.reset();
    CHECK(heard == 1);
}
