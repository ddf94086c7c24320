#include "swap/fixture.hpp"

#include <latch>
#include <thread>

using namespace hotswap_test;
using hotswap::errc;

namespace {

hotswap::expected_change basis_of(hotswap::swap_plan const& plan) {
    return {plan.from.generation, plan.to.digest};
}

}  // namespace

TEST_CASE("expected change: a swap that does what its plan has shown goes ahead") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const plan = at.runtime.plan("tally", {.module = tally_file("3.0.0")}).value();
    auto const done = at.runtime.swap("tally", {.module = tally_file("3.0.0"), .expected = basis_of(plan)});
    REQUIRE(done.has_value());
    CHECK(done->to.digest == plan.to.digest);
}

TEST_CASE("expected change: if another generation runs by now, the swap is refused and names both") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    auto const plan = at.runtime.plan("tally", {.module = tally_file("3.0.0")}).value();
    at.runtime.swap("tally", {.module = tally_file("2.0.0")}).value();
    untouched before(at, "tally");

    auto const refused =
        at.runtime.swap("tally", {.module = tally_file("3.0.0"), .expected = basis_of(plan)});

    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::plan_stale);
    CHECK(refused.error().old_serving);
    CHECK(refused.error().message.find("planned with 1, found 2") != std::string::npos);
    before.check();
}

TEST_CASE("expected change: if the file is another one by now, the swap is refused and names both contents") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const file = at.directory.path() / "next-2.0.0.so";
    std::filesystem::copy_file(tally_file("2.0.0"), file);
    auto const plan = at.runtime.plan("tally", {.module = file}).value();
    std::filesystem::copy_file(tally_file("3.0.0"), file, std::filesystem::copy_options::overwrite_existing);
    untouched before(at, "tally");

    auto const refused = at.runtime.swap("tally", {.module = file, .expected = basis_of(plan)});

    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::plan_stale);
    CHECK(refused.error().message.find(plan.to.digest) != std::string::npos);
    before.check();
}

TEST_CASE(
    "expected change: of two operators who swap by their plans, one wins, and only by what it was shown") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    unsigned won = 0;
    for (unsigned round = 0; round != 200; ++round) {
        std::string const to = round % 2 == 0 ? "2.0.0" : "1.0.0";
        auto const plan =
            at.runtime.plan("tally", {.module = tally_file(to), .rehearse = hotswap::rehearse::never});
        REQUIRE(plan.has_value());
        std::latch both(2);
        std::atomic<unsigned> winners{0};
        auto const operate = [&] {
            both.arrive_and_wait();
            auto const done = at.runtime.swap("tally", {.module = tally_file(to),
                                                        .rehearse = hotswap::rehearse::never,
                                                        .even_if_unchanged = true,
                                                        .expected = basis_of(*plan)});
            if (!done) {
                bool const lost = done.error().code == errc::busy || done.error().code == errc::plan_stale;
                CHECK_MESSAGE(lost, to_string(done.error()));
                return;
            }
            ++winners;
            CHECK(done->from.generation == plan->from.generation);
            CHECK(done->to.digest == plan->to.digest);
        };
        {
            std::jthread const one(operate);
            std::jthread const other(operate);
        }
        REQUIRE(winners == 1);
        won += winners;
    }
    CHECK(won == 200);
}
