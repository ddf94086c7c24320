#include "swap/fixture.hpp"

#include "swap/fixtures/rendezvous.hpp"
#include "swap/fixtures/visitor.hpp"

#include <atomic>

using namespace hotswap_test;
using hotswap::errc;

namespace {

/// A swap of "visitor" that waits behind its closed gate until the test lets it continue.
struct swap_at_work {
    swap_at_work() {
        running =
            std::async(std::launch::async, [this] { return at.swap("visitor", built("visitor", "1.1.0")); });
        exchange_version->await_arrivals(1);
    }
    hotswap::swap_report finish() {
        exchange_version->let_go();
        return running.get();
    }
    ~swap_at_work() {
        if (running.valid()) finish();
    }

    site at{};
    // In this order: the first visitor is constructed before there is a rendezvous to wait for.
    hotswap::handle<visitor> guest = at.load<visitor>("visitor", built("visitor", "1.0.0"));
    hotswap::handle<rendezvous> exchange_version =
        at.load<rendezvous>("rendezvous", built("rendezvous", "1.0.0"));
    std::future<hotswap::swap_report> running;
};

}  // namespace

TEST_CASE("parallel: a second operation on a component at work is refused as busy, at once") {
    swap_at_work swap;
    auto const expect = [](auto const& result) {
        REQUIRE(result.has_error());
        CHECK(result.error().code == errc::busy);
        CHECK(result.error().component == "visitor");
        CHECK(result.error().old_serving);
    };
    expect(swap.at.runtime.swap("visitor"));
    expect(swap.at.runtime.plan("visitor"));
    expect(swap.at.runtime.revert("visitor"));
    expect(swap.at.runtime.restore("visitor", {}));
    expect(swap.at.runtime.snapshot("visitor"));
    expect(swap.at.runtime.unload("visitor"));
    auto const again = swap.at.runtime.load<visitor>("visitor");
    REQUIRE(again.has_error());
    CHECK(again.error().code == errc::already_loaded);

    CHECK(swap.finish().to.release == "1.1.0");
    CHECK(swap.at.runtime.snapshot("visitor").has_value());
}

TEST_CASE(
    "parallel: while one component is held at its gate, others are loaded, called, swapped and unloaded") {
    swap_at_work swap;
    auto const sums = swap.at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    swap.at.swap("tally", tally_file("2.0.0"));
    CHECK(swap.at.runtime.revert("tally").value().to.release == "1.0.0");
    CHECK(sums->total("a") == 1);
    REQUIRE(swap.at.runtime.unload("tally").has_value());
    CHECK(swap.finish().to.generation == 2);
}

TEST_CASE("parallel: status and find answer while a swap is at work, and status says that it is") {
    swap_at_work swap;
    auto const status = swap.at.status("visitor");
    CHECK(status.swapping);
    CHECK(status.running.release == "1.0.0");
    CHECK(status.running.generation == 1);
    CHECK(swap.at.runtime.find<visitor>("visitor").has_value());
    swap.finish();
    CHECK_FALSE(swap.at.status("visitor").swapping);
    CHECK(swap.at.status("visitor").running.generation == 2);
}

TEST_CASE("parallel: a caller who comes while a swap is at work waits, and is served by the new generation") {
    swap_at_work swap;
    std::atomic<bool> begun{false};
    auto calling = std::async(std::launch::async, [&] {
        begun = true;
        return swap.guest->visits();
    });
    while (!begun) std::this_thread::yield();
    CHECK(swap.finish().to.release == "1.1.0");
    CHECK(calling.get() == 1);
    CHECK(swap.guest->visits() == 2);
}

TEST_CASE("parallel: a component stays for as long as another one's constructor is inside it") {
    swap_at_work swap;
    std::optional inside(swap.exchange_version.lease());
    auto unloading = std::async(
        std::launch::async, [&] { return swap.at.runtime.unload("rendezvous", {.force = true}).value(); });
    (*inside)->let_go();  // through the lease: the gate may be closed by now
    inside.reset();
    CHECK(swap.running.get().to.release == "1.1.0");
    CHECK(unloading.get().verdict == hotswap::unload_verdict::unmapped);
}

TEST_CASE("parallel: control threads that operate at random are each answered, and the sums are kept") {
    site at;
    std::string const components[] = {"one", "two", "three"};
    std::vector<hotswap::handle<tally>> sums;
    for (auto const& name : components) sums.push_back(at.load(name, tally_file("1.0.0")));
    constexpr int rounds = 40;
    std::atomic<int> done{0};
    std::atomic<int> busy{0};
    std::atomic<int> surprises{0};
    auto const count = [&](auto const& result) {
        if (result)
            ++done;
        else if (result.error().code == errc::busy)
            ++busy;
        else if (result.error().code != errc::not_reversible)
            ++surprises;
    };
    auto const control = [&](unsigned seed) {
        for (int round = 0; round != rounds; ++round) {
            unsigned const choice = (seed = seed * 1664525 + 1013904223) >> 24;
            auto const& name = components[choice % 3];
            switch (choice / 3 % 6) {
                case 0:
                    count(at.runtime.swap(name, {.module = tally_file("2.0.0")}));
                    break;
                case 1:
                    count(at.runtime.swap(name, {.module = tally_file("1.0.0")}));
                    break;
                case 2:
                    count(at.runtime.revert(name));
                    break;
                case 3:
                    count(at.runtime.snapshot(name));
                    break;
                case 4:
                    count(at.runtime.plan(name, {.module = tally_file("3.0.0")}));
                    break;
                default:
                    count(at.runtime.find<tally>(name));
                    break;
            }
            sums[choice % 3]->add("a", 1);
            static_cast<void>(at.runtime.status());
        }
    };
    std::vector<std::thread> threads;
    for (unsigned seed = 1; seed != 5; ++seed) threads.emplace_back(control, seed);
    for (auto& thread : threads) thread.join();

    CHECK(surprises == 0);
    CHECK(done > 0);
    CHECK(sums[0]->total("a") + sums[1]->total("a") + sums[2]->total("a") == 4 * rounds);
}

TEST_CASE("parallel: of several threads that load one name, one gets it") {
    site at;
    std::atomic<int> loaded{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i != 4; ++i)
        threads.emplace_back([&] {
            auto const result = at.runtime.load<tally>("tally", {.module = tally_file("1.0.0")});
            if (result)
                ++loaded;
            else if (result.error().code == errc::already_loaded)
                ++refused;
        });
    for (auto& thread : threads) thread.join();
    CHECK(loaded == 1);
    CHECK(refused == 3);
}
