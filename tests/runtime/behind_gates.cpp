// Code behind a closed gate never waits at that gate, and operations never wait for each other's gates.
#include "runtime/ring.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>

using namespace hotswap_test;
using hotswap::errc;

namespace {

/// Calls a component until the component is gone, and counts the calls.
class busy_caller {
public:
    explicit busy_caller(hotswap::handle<hotswap_test::ring_link> what)
        : thread_([this, what = std::move(what)] {
              while (!stop_) {
                  what->pass(0);
                  ++calls_;
              }
          }) {}
    ~busy_caller() {
        stop_ = true;
        thread_.join();
    }
    /// Waits until the caller has called again.
    void expect_calls() {
        for (auto const before = calls_.load(); calls_ < before + 2;) std::this_thread::yield();
    }

private:
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> calls_{0};
    std::thread thread_;
};

hotswap::swap_options acting(std::string construct, std::string destruct = {}) {
    return {.module = link_file(2),
            .settings = ring_settings("a", std::move(construct), std::move(destruct))};
}

}  // namespace

TEST_CASE(
    "behind gates: a constructor whose call comes back to its component is refused, with the way that it "
    "came") {
    ring at;
    // "b" calls "a": a ring of two.
    at.runtime.swap("b", {.module = link_file(1), .even_if_unchanged = true, .settings = {{{"next", "a"}}}})
        .value();
    busy_caller caller(at.links[0]);
    hotswap::result<hotswap::swap_report> refused = hotswap::failure{};
    SUBCASE("in a swap") { refused = at.runtime.swap("a", acting("call")); }
    SUBCASE("in a handoff") {
        auto options = acting("call");
        options.transfer = hotswap::transfer::handoff;
        refused = at.runtime.swap("a", options);
    }
    SUBCASE("in a swap within a budget") {
        auto options = acting("call");
        options.pause_budget = 10s;
        refused = at.runtime.swap("a", options);
    }
    SUBCASE("in a set") {
        refused = at.runtime.swap({{"c", {.module = link_file(2)}}, {"a", acting("call")}}).error();
    }
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::construct_failed);
    CHECK(refused.error().component == "a");
    CHECK(names(refused.error().message, {"would wait for itself", "\"a\"", "→ \"b\" → \"a\""}));
    caller.expect_calls();
    CHECK(at.releases() == "1 1 1");
}

TEST_CASE("behind gates: a constructor that calls its own component is refused") {
    ring at;
    busy_caller caller(at.links[0]);
    auto options = acting("call");
    options.settings = hotswap::settings{{"next", "a"}, {"construct", "call"}};
    auto const refused = at.runtime.swap("a", options);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::construct_failed);
    CHECK(names(refused.error().message, {"would wait for itself"}));
    caller.expect_calls();
}

TEST_CASE("behind gates: at a restore, too") {
    ring at;
    // During the load there is no neighbour to call yet.
    hotswap::settings const calls{{"next", "y"}, {"construct", "call"}};
    auto const x =
        at.runtime.load<hotswap_test::ring_link>("x", {.module = link_file(1), .settings = calls}).value();
    at.runtime.load<hotswap_test::ring_link>("y", {.module = link_file(1), .settings = {{"next", "x"}}})
        .value();
    auto const refused = at.runtime.restore("x", at.snapshot("x"));
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::construct_failed);
    CHECK(names(refused.error().message, {"would wait for itself"}));
    CHECK(x->pass(1) == 2);
}

TEST_CASE(
    "behind gates: an old destructor that calls back under a handoff gets an exception, and the swap ends") {
    ring at;
    at.runtime.swap("b", {.module = link_file(1), .even_if_unchanged = true, .settings = {{{"next", "a"}}}})
        .value();
    at.runtime.swap("a", acting("", "call")).value();
    std::atomic<bool> heard{false};
    auto listening = at.runtime.subscribe([&](hotswap::event const& what) {
        if (what.operation == hotswap::operation::log &&
            what.message.find("would wait for itself") != what.message.npos)
            heard = true;
    });
    auto const done = at.runtime.swap("a", {.module = link_file(1), .transfer = hotswap::transfer::handoff});
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
    CHECK(at.links[0]->pass(0) == 2);
    CHECK(heard);
    listening.end();
    // The running instance calls in its destructor as well: then no gate is closed.
    at.runtime.swap("a", {.module = link_file(2), .settings = ring_settings("a")}).value();
}

TEST_CASE("behind gates: callers do not wait for ever for a constructor that waits for one of them") {
    ring at;
    at.runtime.swap("b", {.module = link_file(1), .even_if_unchanged = true, .settings = {{{"next", "a"}}}})
        .value();
    busy_caller caller(at.links[0]);
    auto options = acting("wait");
    options.drain_deadline = 300ms;
    auto const refused = at.runtime.swap("a", options);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::pause_budget_exceeded);
    CHECK(refused.error().phase == hotswap::phase::construct);
    CHECK(names(refused.error().message, {"drain deadline of 300", "must not wait for a thread that calls"}));
    CHECK(refused.error().old_serving);
    caller.expect_calls();
    CHECK(at.releases() == "1 1 1");
    CHECK(at.runtime.swap("a", {.module = link_file(2)}).has_value());
}

TEST_CASE(
    "behind gates: components that call each other are swapped at the same time, as often as one likes") {
    ring at;
    at.runtime.swap("b", {.module = link_file(1), .even_if_unchanged = true, .settings = {{{"next", "a"}}}})
        .value();
    at.links[0]->pass(2);
    at.links[1]->pass(2);
    std::atomic<bool> stop{false};
    std::array<std::chrono::nanoseconds, 4> worst{};
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i != worst.size(); ++i)
        callers.emplace_back([&, i] {
            while (!stop) {
                auto const began = std::chrono::steady_clock::now();
                at.links[i % 2]->pass(2);
                worst[i] =
                    std::max<std::chrono::nanoseconds>(worst[i], std::chrono::steady_clock::now() - began);
            }
        });
    constexpr int rounds = 200;
    std::barrier together(2);
    std::atomic<int> refused{0};
    auto const operate = [&](std::string_view name, bool by_snapshot) {
        for (int i = 0; i != rounds; ++i) {
            together.arrive_and_wait();
            bool const good =
                by_snapshot && i % 2 == 1
                    ? at.runtime.snapshot(name).has_value()
                    : at.runtime.swap(name, {.module = link_file(1 + i % 2), .even_if_unchanged = true})
                          .has_value();
            if (!good) ++refused;
        }
    };
    std::thread other([&] { operate("b", true); });
    operate("a", false);
    other.join();
    stop = true;
    for (auto& each : callers) each.join();
    CHECK(refused == 0);
    MESSAGE("the worst call took " << hotswap::to_string(*std::ranges::max_element(worst)));
}

TEST_CASE(
    "behind gates: constructors that call each other's component at the same time end in bounded time") {
    ring at;
    at.runtime.swap("b", {.module = link_file(1), .even_if_unchanged = true, .settings = {{{"next", "a"}}}})
        .value();
    at.links[0]->pass(2);
    at.links[1]->pass(2);
    std::thread other([&] {
        hotswap::swap_options options;
        options.module = link_file(2);
        options.drain_deadline = 500ms;
        options.settings = hotswap::settings{{"next", "a"}, {"construct", "call"}};
        CHECK(at.runtime.swap("b", options).has_error());  // "a" calls back to "b"
    });
    auto options = acting("call");
    options.drain_deadline = 500ms;
    CHECK(at.runtime.swap("a", options).has_error());
    other.join();
    CHECK(at.links[0]->pass(1) == 2);
}
