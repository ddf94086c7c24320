// A fault at every step of every operation: refused, and nothing has changed.
#if defined(HOTSWAP_FAILPOINTS)

#include "base/failpoint.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/rows.hpp"

#include <algorithm>
#include <stop_token>
#include <type_traits>

using namespace hotswap_test;
using hotswap::errc;
namespace failpoints = hotswap::detail::failpoints;

namespace {

/// Disarms all failpoints in its destructor.
struct disarmed {
    disarmed() { failpoints::clear(); }
    ~disarmed() { failpoints::clear(); }
};

/// The points that `operation` passes, up to its commit: after the commit nothing may fail.
std::vector<std::string> points_of(std::function<bool()> const& operation) {
    failpoints::clear();
    REQUIRE(operation());
    auto points = failpoints::visited();
    auto const is_commit = [](std::string const& point) { return point.find(".commit.") != point.npos; };
    points.erase(std::find_if(points.begin(), points.end(), is_commit), points.end());
    REQUIRE_FALSE(points.empty());
    return points;
}

struct refused {
    errc code;
    std::string message;
};

/// Asks the operation to stop at every one of `points`.
template <class Operation>
void stop_everywhere(std::vector<std::string> const& points, untouched& before, Operation const& operation) {
    for (auto const& point : points) {
        CAPTURE(point);
        failpoints::clear();
        std::stop_source source;
        failpoints::call(point, [&source] { source.request_stop(); });
        auto const why = operation(source.get_token());
        failpoints::clear();
        REQUIRE(why.has_value());
        CHECK(why->code == errc::aborted);
        before.check();
    }
}

/// Tries every fault at every point of `operation`, which succeeds without faults; another function undoes
/// it. An operation that takes a token is also asked to stop at every point.
template <class Operation>
void try_everywhere(site& at, std::string const& name, Operation const& stoppable,
                    std::function<void()> const& undo) {
    constexpr bool is_stoppable = std::is_invocable_v<Operation, std::stop_token>;
    disarmed const afterwards;
    auto const operation = [&] {
        if constexpr (is_stoppable)
            return stoppable(std::stop_token());
        else
            return stoppable();
    };
    auto const points = points_of([&] { return !operation(); });
    undo();
    failpoints::clear();
    untouched before(at, name);
    for (auto const& point : points) {
        for (auto const* const fault : {"fail:5", "no_memory"}) {
            CAPTURE(point);
            CAPTURE(fault);
            failpoints::clear();
            failpoints::arm(point + "=" + fault);
            auto const why = operation();
            failpoints::clear();
            REQUIRE(why.has_value());
            CHECK_FALSE(why->message.empty());
            before.check();
        }
    }
    if constexpr (is_stoppable) stop_everywhere(points, before, stoppable);
    CHECK_FALSE(operation().has_value());
}

template <class T>
std::optional<refused> outcome_of(hotswap::result<T> const& done) {
    if (done) return std::nullopt;
    CHECK(done.error().old_serving);
    return refused{done.error().code, done.error().message};
}

}  // namespace

TEST_CASE(
    "faults: one before or after any step of a swap leaves the old generation serving, its state untouched") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    sums->add("a", 1);
    hotswap::swap_options options;
    SUBCASE("upgrade") { options.module = tally_file("3.0.0"); }
    SUBCASE("downgrade") { options.module = tally_file("1.0.0"); }
    SUBCASE("upgrade, serialized") {
        options.module = tally_file("3.0.0");
        options.transfer = hotswap::transfer::snapshot;
    }
    SUBCASE("downgrade, serialized") {
        options.module = tally_file("1.0.0");
        options.transfer = hotswap::transfer::snapshot;
    }
    SUBCASE("handoff") {
        options.module = tally_file("2.0.0");
        options.transfer = hotswap::transfer::handoff;
        options.even_if_unchanged = true;
    }
    SUBCASE("with a budget") {
        options.module = tally_file("3.0.0");
        options.pause_budget = 1h;
    }
    SUBCASE("on probation") {
        options.module = tally_file("3.0.0");
        options.probation.duration = 1h;
    }
    try_everywhere(
        at, "tally",
        [&](std::stop_token stop) {
            options.stop = std::move(stop);
            return outcome_of(at.runtime.swap("tally", options));
        },
        [&] {
            if (at.status("tally").on_probation)
                at.runtime.revert("tally").value();
            else
                at.swap("tally", tally_file("2.0.0"));
        });
    CHECK(sums->total("a") == 1);
}

TEST_CASE("faults: one before or after any step of a swap of tables leaves the old generation serving") {
    site at;
    auto const rows = at.load<hotswap_test::rows>("rows", built("rows", "1.0.0"));
    for (std::uint64_t i = 0; i != 100; ++i) rows->put(std::to_string(i), i);
    try_everywhere(
        at, "rows",
        [&](std::stop_token stop) {
            return outcome_of(
                at.runtime.swap("rows", {.module = built("rows", "2.0.0"), .stop = std::move(stop)}));
        },
        [&] { at.swap("rows", built("rows", "1.0.0")); });
    CHECK(rows->size() == 100);
}

TEST_CASE("faults: one before or after any step of a revert leaves the running generation serving") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    at.swap("tally", tally_file("2.0.0"));
    sums->add("a", 1);
    try_everywhere(
        at, "tally",
        [&](std::stop_token stop) {
            return outcome_of(at.runtime.revert("tally", {.stop = std::move(stop)}));
        },
        [&] { at.runtime.revert("tally").value(); });
    CHECK(sums->total("a") == 1);
}

TEST_CASE("faults: one before or after any step of a restore leaves the running state untouched") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    sums->add("a", 1);
    auto const frame = at.snapshot("tally");
    sums->add("a", 1);
    auto const newer = at.snapshot("tally");
    try_everywhere(
        at, "tally",
        [&](std::stop_token stop) {
            return outcome_of(at.runtime.restore("tally", frame, {.stop = std::move(stop)}));
        },
        [&] { at.runtime.restore("tally", newer).value(); });
    CHECK(sums->total("a") == 1);
}

TEST_CASE("faults: one before or after any step of a snapshot or a plan changes nothing") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    SUBCASE("snapshot") {
        try_everywhere(
            at, "tally", [&] { return outcome_of(at.runtime.snapshot("tally")); }, [] {});
    }
    SUBCASE("plan") {
        at.swap("tally", tally_file("1.0.0"));
        try_everywhere(
            at, "tally",
            [&]() -> std::optional<refused> {
                auto const plan = at.runtime.plan("tally", {.module = tally_file("2.0.0")});
                if (!plan) return outcome_of(plan);
                if (plan->blockers.empty()) return std::nullopt;
                return refused{plan->blockers.front().code, plan->blockers.front().message};
            },
            [] {});
    }
}

TEST_CASE("faults: one before or after any step of a load leaves nothing behind, and the name free") {
    disarmed const afterwards;
    site at;
    auto const load = [&]() -> bool {
        return at.runtime.load<tally>("tally", {.module = tally_file("2.0.0")}).has_value();
    };
    auto const points = points_of(load);
    at.runtime.unload("tally").value();
    for (auto const& point : points) {
        for (auto const* const fault : {"fail:5", "no_memory"}) {
            CAPTURE(point);
            failpoints::clear();
            failpoints::arm(point + "=" + fault);
            CHECK_FALSE(load());
            failpoints::clear();
            CHECK(at.mappings() == 0);
            CHECK(at.runtime.status().empty());
        }
    }
    CHECK(load());
}

#endif
