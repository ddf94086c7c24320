// A fault while the new code reads the running object does not change that object.
#include "swap/fixture.hpp"
#include "transfer/failing_memory.hpp"
#include "transfer/fixtures/accounts.hpp"
#include "transfer/fixtures/motley.hpp"

#include <array>

#include <unistd.h>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;
using hotswap::transfer;

namespace {

// The releases of accounts for a swap up, or down.
struct way {
    std::string_view family = "accounts";
    std::string_view from;
    std::string_view to;
};

void fill(accounts& it) {
    for (int i = 0; i != 100; ++i) it.add(std::to_string(i), 1);
}

}  // namespace

TEST_CASE("direct: a migration that throws leaves the running object as it was") {
    way on;
    SUBCASE("up") { on = {"accounts", "1.0.0", "2.0.0"}; }
    SUBCASE("up, lent") { on = {"accounts_lent", "1.0.0", "2.0.0"}; }
    SUBCASE("up, over a version") { on = {"accounts", "1.0.0", "3.0.0"}; }
    SUBCASE("down") { on = {"accounts", "2.0.0", "1.0.0"}; }
    SUBCASE("down, lent") { on = {"accounts_lent", "2.0.0", "1.0.0"}; }
    site at;
    auto const it = at.load<accounts>("accounts", built(on.family, on.from));
    fill(*it.lease());
    auto const* const address = it->state_address();
    untouched before(at, "accounts");
    for (auto const* const fault : {"throw", "bad_alloc", "number"}) {
        CAPTURE(fault);
        auto const why = at.refusal("accounts", built(on.family, on.to), {.arguments = {{"fault", fault}}});
        CHECK(why.code == errc::migration_failed);
        CHECK(why.old_serving);
        CHECK(it->state_address() == address);
        before.check();
    }
    CHECK(at.swap("accounts", built(on.family, on.to)).transfer == transfer::direct);
    CHECK(it->total("99") == 1);
}

TEST_CASE("direct: a state that validate refuses, or whose constructor throws, never serves") {
    way on;
    SUBCASE("up") { on = {"accounts", "1.0.0", "2.0.0"}; }
    SUBCASE("lent") { on = {"accounts_lent", "1.0.0", "2.0.0"}; }
    SUBCASE("down") { on = {"accounts", "3.0.0", "2.0.0"}; }
    site at;
    auto const it = at.load<accounts>("accounts", built(on.family, on.from));
    fill(*it.lease());
    for (bool const is_validate : {false, true}) {
        CAPTURE(is_validate);
        it->order(is_validate ? "" : "throw", is_validate ? "throw" : "");
        untouched before(at, "accounts");
        auto const why = at.refusal("accounts", built(on.family, on.to));
        CHECK(why.code == (is_validate ? errc::validation_failed : errc::construct_failed));
        CHECK(why.phase == (is_validate ? phase::migrate : phase::construct));
        before.check();
    }
    it->order("", "");
    at.swap("accounts", built(on.family, on.to));
    CHECK(it->total("99") == 1);
}

TEST_CASE(
    "direct: a constructor that keeps callers too long is refused, and the running object is as they left "
    "it") {
    site at;
    auto const it = at.load<accounts>("accounts", built("accounts_lent", "1.0.0"));
    fill(*it.lease());
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    it->order("wait for " + std::to_string(ends[0]), "");
    // The gate holds this caller, until it admits the caller to the running generation; then the constructor
    // may end.
    std::promise<void> closing;
    auto const heard = at.runtime.subscribe([&](hotswap::event const& what) {
        if (what.phase == phase::load && what.outcome == hotswap::outcome::done) closing.set_value();
    });
    std::thread caller([&] {
        closing.get_future().wait();
        while (it->total("own") != 3) it->add("own", 1);
        while (at.status("accounts").swapping && it->add("calls", 1) < 100'000) {
        }
        REQUIRE(write(ends[1], "x", 1) == 1);
    });
    auto const why = at.refusal("accounts", built("accounts_lent", "2.0.0"), {.drain_deadline = 200ms});
    caller.join();
    close(ends[0]);
    close(ends[1]);
    CHECK(why.code == errc::pause_budget_exceeded);
    CHECK(why.phase == phase::construct);
    CHECK(it->total("own") == 3);
    CHECK(it->total("99") == 1);
    CHECK(at.status("accounts").running.release == "1.0.0");
}

TEST_CASE("direct: wherever memory runs out, the running object is as it was, or the new one serves") {
    std::string from;
    std::string to;
    SUBCASE("up") { from = "1.0.0", to = "2.0.0"; }
    SUBCASE("down") { from = "2.0.0", to = "1.0.0"; }
    site at;
    auto const all = at.load<motley>("motley", built("motley", from));
    all->fill(3);
    hotswap::swap_options const options{.module = built("motley", to)};
    std::size_t refused = 0;
    for (std::size_t n = 1;; ++n) {
        CAPTURE(n);
        REQUIRE(n < 10'000);
        untouched before(at, "motley");
        bool is_done = false;
        bool has_failed = false;
        {
            failing_allocation const fault(n);
            is_done = at.runtime.swap("motley", options).has_value();
            has_failed = fault.has_failed();
        }
        CHECK(all->holds(3));
        if (!is_done && at.status("motley").running.release == from) {
            ++refused;
            before.check();
        } else {
            CHECK(at.status("motley").running.release == to);
            at.swap("motley", built("motley", from));
        }
        if (!has_failed) break;
    }
    CHECK(refused > 100);
    CHECK(all->holds(3));
}

TEST_CASE("direct: a state that is nested too deep is refused in the words of its serialized form") {
    site at;
    auto const all = at.load<motley>("motley", built("motley", "1.0.0"));
    all->fill(3);
    all->chain(1000);
    auto const why = at.refusal("motley", built("motley", "2.0.0"));
    CHECK(why.code == errc::export_failed);
    CHECK(names(why.message, {"nested deeper than"}));
    CHECK(at.status("motley").running.release == "1.0.0");
    all->chain(100);
    CHECK(at.swap("motley", built("motley", "2.0.0")).transfer == transfer::direct);
    CHECK(all->holds(3));
}
