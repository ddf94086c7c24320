// The Nth allocation fails, for every N until the operation succeeds.
#include "swap/fixture.hpp"
#include "swap/fixtures/patient.hpp"
#include "swap/fixtures/rows.hpp"
#include "transfer/failing_memory.hpp"

using namespace hotswap_test;
using hotswap::errc;

namespace {

/// Runs `operation` while the Nth allocation of this thread fails, for N from 1 on, and checks the result.
/// `undo` restores the component after a committed operation.
template <class Operation, class Undo>
void starve(site& at, std::string const& name, Operation operation, Undo undo) {
    std::size_t refused = 0;
    for (std::size_t n = 1;; ++n) {
        CAPTURE(n);
        untouched before(at, name);
        auto const release = at.status(name).running.release;
        std::optional<hotswap::failure> why;
        bool has_failed = false;
        {
            failing_allocation const fault(n);
            auto const done = operation();
            has_failed = fault.has_failed();
            if (!done) why = done.error();
        }
        if (why && why->old_serving) {
            ++refused;
            CHECK_FALSE(why->message.empty());
            before.check();
        } else {
            // From the commit on the new generation serves, also if a later step fails.
            CHECK(at.status(name).running.release != release);
            undo();
        }
        if (!has_failed) {
            CHECK_FALSE(why.has_value());
            break;
        }
        REQUIRE(n < 100'000);
    }
    CHECK(refused > 10);
}

}  // namespace

TEST_CASE(
    "out of memory: wherever a swap runs out of it, the old generation serves or the new one, and nothing is "
    "lost") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    for (int i = 0; i != 20; ++i) sums->add(std::to_string(i), 1);
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
    SUBCASE("with a budget") {
        options.module = tally_file("3.0.0");
        options.pause_budget = 1h;
    }
    starve(
        at, "tally", [&] { return at.runtime.swap("tally", options); },
        [&] { at.swap("tally", tally_file("2.0.0")); });
    CHECK(sums->total("7") == 1);
}

TEST_CASE("out of memory: wherever a handoff runs out of it, one generation serves on the state") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    hotswap::swap_options const options{.module = tally_file("1.9.0"),
                                        .transfer = hotswap::transfer::handoff};
    starve(
        at, "tally", [&] { return at.runtime.swap("tally", options); },
        [&] { at.swap("tally", tally_file("1.0.0")); });
    CHECK(sums->total("a") == 1);
}

TEST_CASE(
    "out of memory: wherever discarding writes runs out of it, the probation goes on or the generation "
    "before serves") {
    site at;
    auto const it = at.load<patient>("patient", built("patient", "1.0.0"));
    auto const put_on_probation = [&] {
        it->visit("a");
        at.swap("patient", built("patient_oneway", "2.2.0"), {.probation = {.duration = 1h}});
    };
    put_on_probation();
    starve(
        at, "patient", [&] { return at.runtime.revert("patient", {.discard_writes = true}); },
        put_on_probation);
    REQUIRE(at.status("patient").on_probation);
    auto const last = at.runtime.revert("patient", {.discard_writes = true});
    CHECK(last.value().discarded.happened);
    CHECK(it->code() == "patient 1.0.0");
}

TEST_CASE("out of memory: wherever a swap of tables runs out of it, no row is lost") {
    site at;
    auto const all = at.load<rows>("rows", built("rows", "1.0.0"));
    for (std::uint64_t i = 1; i != 30; ++i) all->put(std::to_string(i), i);
    auto const before = all->size();
    hotswap::swap_options const options{.module = built("rows", "2.0.0")};
    starve(
        at, "rows", [&] { return at.runtime.swap("rows", options); },
        [&] { at.swap("rows", built("rows", "1.0.0")); });
    CHECK(all->size() == before);
}

TEST_CASE(
    "out of memory: a checkpoint that runs out of it anywhere leaves no file, and the next is written") {
    temporary_directory const kept;
    site at({.rehearse = hotswap::rehearse::never, .store = kept.path() / "store"});
    auto const snapshots = [&] {
        return std::distance(fs::directory_iterator(kept.path() / "store" / "snapshots"), {});
    };
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    at.runtime.checkpoint().value();
    std::size_t refused = 0;
    for (std::size_t n = 1;; ++n) {
        CAPTURE(n);
        REQUIRE(n < 100'000);
        bool is_written = false;
        bool has_failed = false;
        {
            failing_allocation const fault(n);
            is_written = at.runtime.checkpoint().has_value();
            has_failed = fault.has_failed();
        }
        if (!is_written) {
            ++refused;
            CHECK(snapshots() == 2);  // one of the current set and one of the set before
        }
        CHECK(sums->total("a") == 1);
        at.runtime.checkpoint().value();
        CHECK(snapshots() == 2);
        if (!has_failed) break;
    }
    CHECK(refused > 10);
    at.swap("tally", tally_file("2.0.0"));
    CHECK(sums->total("a") == 1);
}
