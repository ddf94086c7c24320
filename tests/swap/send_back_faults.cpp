// A send-back that is refused at any step, by a revert or by the probation itself, and the operations that
// may follow.
#if defined(HOTSWAP_FAILPOINTS)

#include "base/failpoint.hpp"
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/patient.hpp"
#include "transfer/failing_memory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::unload_verdict;
namespace failpoints = hotswap::detail::failpoints;

namespace {

constexpr auto for_ever = std::chrono::hours(1);

struct disarmed {
    disarmed() { failpoints::clear(); }
    ~disarmed() { failpoints::clear(); }
};

hotswap::runtime_options options_of(fs::path const& store) {
    hotswap::runtime_options made{.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                  .rehearse = hotswap::rehearse::never};
    made.store = store;
    return made;
}

/// patient 2.0.0 on probation, patient 1.0.0 stands by; 2.0.0 is unhealthy once `bad` is set.
struct ward : site {
    ward(fs::path const& store, std::chrono::nanoseconds duration) : site(options_of(store)) {
        it->visit("a");
        hotswap::swap_options how;
        how.probation.duration = duration;
        how.probation.interval = 1ms;
        how.probation.check = [this]() -> std::string { return bad ? "bad" : ""; };
        if (duration != for_ever) bad = true;
        swap("patient", built("patient", "2.0.0"), how);
    }
    ~ward() { failpoints::clear(); }

    bool is_on_probation() { return status("patient").on_probation; }
    bool stands_by() const {
        std::ifstream maps("/proc/self/maps");
        for (std::string line; std::getline(maps, line);)
            if (line.find(directory.path().string()) != line.npos &&
                line.find("patient-1.0.0.so") != line.npos)
                return true;
        return false;
    }
    void unload_it() {
        auto const gone = runtime.unload("patient").value();
        CHECK(gone.verdict == unload_verdict::unmapped);
        CHECK(mappings() == 0);
    }

    std::atomic<bool> bad{false};
    hotswap::handle<patient> it = load<patient>("patient", built("patient", "1.0.0"));
};

/// The points that a send-back passes; up to its commit, or all.
std::vector<std::string> points_of(fs::path const& store, bool by_revert, bool after_commit_too) {
    ward at(store, for_ever);
    failpoints::clear();
    if (by_revert) {
        at.runtime.revert("patient").value();
    } else {
        at.bad = true;
        REQUIRE(test::eventually([&] { return at.status("patient").rolled_back.has_value(); }));
        at.runtime.unload("patient").value();  // waits for the end of the watch
    }
    auto points = failpoints::visited();
    std::erase_if(points, [](std::string const& point) { return point.starts_with("unload."); });
    auto const is_commit = [](std::string const& point) { return point.find(".commit.") != point.npos; };
    if (!after_commit_too) points.erase(std::find_if(points.begin(), points.end(), is_commit), points.end());
    REQUIRE(points.size() > 5);
    return points;
}

/// Tries each point and fault, with a new store or none. With a store, which is slow, only the share `turn`
/// of `turns`.
template <class Try>
void at_each(std::vector<std::string> const& points, bool durable, std::size_t turn, std::size_t turns,
             Try attempt) {
    for (std::size_t i = 0; i != points.size() * 2; ++i) {
        std::string const point = points[i / 2];
        std::string const fault = i % 2 == 0 ? "fail:5" : "no_memory";
        if (durable && (i / 2 + i % 2) % turns != turn) continue;
        CAPTURE(point);
        CAPTURE(fault);
        temporary_directory const kept;
        attempt(durable ? kept.path() / "store" : fs::path(), point + "=" + fault);
        failpoints::clear();
    }
}

enum class after : std::uint8_t { unload, end_of_runtime, revert, discard, restore, swap };

/// If the send-back is not refused at that point (a commit cannot be), the generation has gone back.
void check_that_it_went_back(ward& at) {
    CHECK_FALSE(at.is_on_probation());
    CHECK(at.it->code() == "patient 1.0.0");
    CHECK(at.it->visits("a") == 1);
    at.unload_it();
}

void go_on(ward& at, after what) {
    CAPTURE(static_cast<int>(what));
    switch (what) {
        case after::end_of_runtime:
            return;
        case after::unload:
            break;
        case after::revert:
            CHECK(at.runtime.revert("patient").value().to.release == "1.0.0");
            break;
        case after::discard:
            CHECK(at.runtime.revert("patient", {.discard_writes = true}).value().to.release == "1.0.0");
            break;
        case after::restore:
            at.runtime.restore("patient", at.snapshot("patient")).value();
            CHECK_FALSE(at.is_on_probation());
            break;
        case after::swap:
            CHECK(at.swap("patient", built("patient_lossy", "2.1.0")).unload.verdict ==
                  unload_verdict::unmapped);
            CHECK_FALSE(at.stands_by());
            CHECK_FALSE(at.is_on_probation());
            break;
    }
    CHECK(at.it->visits("a") == 1);
    at.unload_it();
}

}  // namespace

TEST_CASE("faults: a revert on probation that any step refuses harms nothing that comes after it") {
    disarmed const afterwards;
    bool durable = false;
    SUBCASE("without a store") {}
    SUBCASE("with a store") { durable = true; }
    temporary_directory const kept;
    auto const points = points_of(durable ? kept.path() / "store" : fs::path(), true, false);
    constexpr std::array all{after::unload, after::end_of_runtime, after::revert, after::discard};
    std::size_t refused = 0;
    for (std::size_t i = 0; i != all.size(); ++i) {
        at_each(points, durable, i, all.size(), [&](fs::path const& store, std::string const& armed) {
            ward at(store, for_ever);
            failpoints::arm(armed);
            auto const done = at.runtime.revert("patient");
            failpoints::clear();
            if (done) return check_that_it_went_back(at);
            ++refused;
            CHECK(done.error().old_serving);
            CHECK(at.is_on_probation());
            CHECK(at.stands_by());
            CHECK(at.it->code() == "patient 2.0.0");
            CHECK(at.runtime.swap("patient").error().code == errc::busy);
            go_on(at, all[i]);
        });
    }
    CHECK(refused > points.size());
}

TEST_CASE(
    "faults: a probation that any step keeps from going back says so, lets the way out through, and ends "
    "well") {
    disarmed const afterwards;
    bool durable = false;
    SUBCASE("without a store") {}
    SUBCASE("with a store") { durable = true; }
    temporary_directory const kept;
    auto const points = points_of(durable ? kept.path() / "store" : fs::path(), false, false);
    constexpr std::array all{after::unload,  after::end_of_runtime, after::revert,
                             after::discard, after::restore,        after::swap};
    std::size_t refused = 0;
    for (std::size_t i = 0; i != all.size(); ++i) {
        at_each(points, durable, i, all.size(), [&](fs::path const& store, std::string const& armed) {
            ward at(store, for_ever);
            failpoints::arm(armed);
            at.bad = true;
            // Only a failed probation lets this swap through; the swap is refused because of its file, and
            // changes nothing.
            REQUIRE(test::eventually(
                [&] { return at.refusal("patient", built("tally", "1.0.0")).code != errc::busy; }));
            failpoints::clear();
            if (!at.is_on_probation()) return check_that_it_went_back(at);
            ++refused;
            CHECK(at.stands_by());
            REQUIRE(at.status("patient").rolled_back.has_value());
            CHECK(names(at.status("patient").rolled_back->message, {"bad", "still serves"}));
            go_on(at, all[i]);
        });
    }
    CHECK(refused > points.size());
}

TEST_CASE(
    "faults: a probation is over after its duration, whatever step of its end or of its way back went "
    "wrong") {
    disarmed const afterwards;
    bool durable = false;
    SUBCASE("without a store") {}
    SUBCASE("with a store") { durable = true; }
    temporary_directory const kept;
    auto points = points_of(durable ? kept.path() / "store" : fs::path(), false, true);
    for (auto const* const end : {"probation.retire.before", "probation.retire.after",
                                  "probation.persist.before", "probation.persist.after"})
        if (std::find(points.begin(), points.end(), end) == points.end()) points.emplace_back(end);
    at_each(points, durable, 0, 2, [](fs::path const& store, std::string const& armed) {
        site at(options_of(store));
        for (bool const ill : {true, false}) {
            CAPTURE(ill);
            auto const it = at.load<patient>("patient", built("patient", "1.0.0"));
            it->visit("a");
            failpoints::clear();
            if (!armed.starts_with("store.")) failpoints::arm(armed);  // the swap itself passes those points
            hotswap::swap_options how;
            how.probation = {.duration = 1ms, .interval = 1ms};
            how.probation.check = [ill]() -> std::string { return ill ? "bad" : ""; };
            at.swap("patient", built("patient", "2.0.0"), how);
            if (armed.starts_with("store.")) failpoints::arm(armed);
            REQUIRE(test::eventually([&] { return !at.status("patient").on_probation; }));
            failpoints::clear();
            CHECK(it->visits("a") == 1);
            CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
            CHECK(at.mappings() == 0);
        }
    });
}

TEST_CASE("faults: one after the commit of a swap on probation leaves a probation that ends") {
    disarmed const afterwards;
    std::vector<std::string> const points{"swap.commit.after", "swap.persist.before", "swap.persist.after",
                                          "swap.retire.before", "swap.retire.after"};
    for (auto const& point : points) {
        CAPTURE(point);
        temporary_directory const kept;
        site at(options_of(kept.path() / "store"));
        auto const it = at.load<patient>("patient", built("patient", "1.0.0"));
        it->visit("a");
        // The second visit of persist is the one after the commit.
        bool const is_persist = point.find("persist") != point.npos;
        failpoints::arm(point + (is_persist ? "=2*no_memory" : "=no_memory"));
        hotswap::swap_options how;
        how.module = built("patient", "2.0.0");
        how.probation = {.duration = 1ms, .interval = 1ms};
        auto const done = at.runtime.swap("patient", how);
        failpoints::clear();
        CHECK(it->code() == "patient 2.0.0");
        REQUIRE(test::eventually([&] { return !at.status("patient").on_probation; }));
        CHECK(it->visits("a") == 1);
        CHECK(at.swap("patient", built("patient", "1.0.0")).unload.verdict == unload_verdict::unmapped);
        CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
        CHECK(at.mappings() == 0);
    }
}

TEST_CASE("faults: a refused revert does not take back that the probation has failed") {
    disarmed const afterwards;
    ward at({}, for_ever);
    failpoints::arm("probation.drain.before=fail:5");
    at.bad = true;
    REQUIRE(
        test::eventually([&] { return at.refusal("patient", built("tally", "1.0.0")).code != errc::busy; }));
    failpoints::clear();
    failpoints::arm("revert.plan.before=fail:5;revert.commit.before=no_memory");
    CHECK(at.runtime.revert("patient", {.discard_writes = true}).has_error());
    failpoints::clear();
    CHECK(at.stands_by());
    go_on(at, after::swap);
}

TEST_CASE(
    "out of memory: wherever a probation runs out of it on its way back, the host lives, and the probation "
    "ends") {
    std::size_t went_back = 0;
    for (std::size_t n = 1;; ++n) {
        CAPTURE(n);
        REQUIRE(n < 10'000);
        site at;
        auto const it = at.load<patient>("patient", built("patient", "1.0.0"));
        it->visit("a");
        std::optional<failing_allocation> fault;  // for the watch's thread, which calls the check
        std::atomic<bool> has_failed{false};
        at.runtime
            .subscribe([&](hotswap::event const& what) {
                if (what.operation == hotswap::operation::probation)
                    has_failed = fault && fault->has_failed();
            })
            .detach();
        bool asked = false;
        hotswap::swap_options how;
        how.probation = {.duration = 1ms, .interval = 1ms};
        how.probation.check = [&, n]() -> std::string {
            if (!std::exchange(asked, true)) fault.emplace(n);
            return "bad";
        };
        at.swap("patient", built("patient", "2.0.0"), how);
        REQUIRE(test::eventually([&] { return !at.status("patient").on_probation; }));
        CHECK(it->visits("a") == 1);
        went_back += it->code() == "patient 1.0.0" ? 1 : 0;
        CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
        CHECK(at.mappings() == 0);
        if (!has_failed) break;
    }
    CHECK(went_back > 10);
}

#endif
