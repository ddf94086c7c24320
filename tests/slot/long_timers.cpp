// Timers with a period that is longer than the time between two swaps.
#include "slot/fixtures/punctual.hpp"
#include "slot/fixtures/worker.hpp"
#include "slot/waiting.hpp"

#include <hotswap/runtime.hpp>

#include <filesystem>
#include <limits>

using test::eventually;
using test::observer;
using test::punctual;
using test::worker;
using namespace std::chrono_literals;

namespace {

std::filesystem::path const modules = HOTSWAP_TEST_MODULES "/slot";

/// A host with a clock that the test moves.
struct host {
    std::atomic<std::chrono::system_clock::time_point> time{
        std::chrono::sys_days(std::chrono::January / 1 / 2026)};
    hotswap::runtime runtime;

    explicit host(hotswap::rehearse rehearsal = hotswap::rehearse::never)
        : runtime({.modules = modules,
                   .log_to_stderr = false,
                   .clock = [this] { return time.load(); },
                   .rehearse = rehearsal}) {}

    void let_pass(std::chrono::nanoseconds duration) { time = time.load() + duration; }
};

}  // namespace

TEST_CASE("host.every: with a first call after no time it is called at once, and then once a period") {
    host h;
    observer watch;
    auto const it = h.runtime.load<worker>("it", {.module = "worker"}).value();
    it->every(1h, 0s, watch);
    it->every(1h, -1h, watch);
    it->every(1h, std::chrono::nanoseconds::min(), watch);
    REQUIRE(eventually([&] { return watch.ticks == 3; }));
    it->every(1h, 2h, watch);
    it->every(std::chrono::nanoseconds::max(), std::chrono::nanoseconds::max(), watch);
    it->every(std::chrono::nanoseconds::max(), watch);
    it->post("a post", watch);
    CHECK(eventually([&] { return watch.recorded().size() == 1; }));
    CHECK(watch.ticks == 3);
    it->every(1ms, 0s, watch);
    CHECK(eventually([&] { return watch.ticks >= 6; }));
}

TEST_CASE(
    "host.every: a period that is not positive throws, whatever comes first, and the job is destroyed") {
    host h;
    observer watch;
    auto const it = h.runtime.load<worker>("it", {.module = "worker"}).value();
    CHECK_THROWS_AS(it->every(0ns, 1h, watch), std::invalid_argument);
    CHECK(watch.tokens == 0);
}

TEST_CASE("long timers: one that is kept in the state runs on time, however often its component is swapped") {
    host h;
    auto const it = h.runtime.load<punctual>("it", {.module = modules / "punctual-1.0.0.so"}).value();
    std::uint64_t halves = 0;
    while (halves != 20) {
        h.let_pass(30min);
        ++halves;
        auto const release = halves % 2 == 0 ? "punctual-1.0.0.so" : "punctual-2.0.0.so";
        REQUIRE(h.runtime.swap("it", {.module = modules / release}).has_value());
        REQUIRE(eventually([&] { return it->times_done() >= halves / 2; }));
        CHECK(it->times_done() == halves / 2);
    }
    // A timer that each generation begins anew never fires.
    CHECK(it->times_done_anew() == 0);
}

TEST_CASE("long timers: a component that has one passes its rehearsal") {
    host h(hotswap::rehearse::always);
    auto const it = h.runtime.load<punctual>("it", {.module = modules / "punctual-1.0.0.so"}).value();
    auto const done = h.runtime.swap("it", {.module = modules / "punctual-2.0.0.so"});
    REQUIRE_MESSAGE(done.has_value(), done.error().message);
}
