// The model of a set: callers, swaps of random sets, reverts, snapshots and faults, all at once, and a check
// of every answer.
#include "runtime/ring.hpp"
#include "slot/rounds.hpp"

#include <array>
#include <atomic>
#include <random>

#if defined(HOTSWAP_FAILPOINTS)
#include "base/failpoint.hpp"
#endif

using namespace hotswap_test;

namespace {

/// The number of a caller's calls, and the first wrong answer.
struct account {
    std::uint64_t counted = 0;
    std::string wrong{};
};

bool is_of_one_release(std::uint64_t seen) { return seen == 2 || seen == 4; }

// The members of this ring change only together: no call, and no lease, sees two releases.
void call_until(std::atomic<bool> const& stop, std::vector<hotswap::handle<ring_link>> const& links,
                unsigned seed, account& of) {
    std::mt19937 random(seed);
    try {
        while (!stop && of.wrong.empty()) {
            auto const& first = links[random() % links.size()];
            unsigned const hops = random() % 5;
            std::uint64_t seen = 0;
            if (random() % 4 == 0) {
                auto const lease = first.lease();
                seen = lease->pass(hops) | links[random() % links.size()]->pass(0);
                of.counted += hops + 2;
            } else {
                seen = first->pass(hops);
                of.counted += hops + 1;
            }
            if (!is_of_one_release(seen)) of.wrong = "a call saw releases " + std::to_string(seen);
        }
    } catch (std::exception const& e) {
        of.wrong = e.what();
    }
}

/// Does one operation; returns the failure if the operation had to succeed.
std::string operate(ring& at, std::mt19937& random) {
    auto set = ring::to(1 + static_cast<int>(random() % 2));
    std::shuffle(set.begin(), set.end(), random);
    for (auto& each : set)
        each.options.transfer = std::array{hotswap::transfer::direct, hotswap::transfer::snapshot,
                                           hotswap::transfer::handoff}[random() % 3];
    switch (random() % 8) {
        case 0:
            static_cast<void>(at.runtime.snapshot(ring_names[random() % 3]));
            return {};
        case 1: {
            auto const back = at.runtime.revert(ring::to(0));
            return back || back.error().code == hotswap::errc::not_reversible ? "" : to_string(back.error());
        }
        case 2:
            for (auto& each : set) each.options.transfer = hotswap::transfer::snapshot;
            set[random() % 3].options.settings = ring_settings(set.front().component, "throw");
            return at.runtime.swap(set) ? "a constructor that throws was no reason to refuse the set" : "";
        default: {
            auto const done = at.runtime.swap(set);
            return done ? "" : to_string(done.error());
        }
    }
}

}  // namespace

TEST_CASE(
    "set storm: no call sees two releases of a set, none is lost, and all members stay on one release") {
    ring at;
    std::uint64_t const before = at.links[0]->count() + at.links[1]->count() + at.links[2]->count();
    std::atomic<bool> stop{false};
    std::array<account, 3> accounts;
    std::vector<std::thread> callers;
    for (unsigned i = 0; i != accounts.size(); ++i)
        callers.emplace_back([&, i] { call_until(stop, at.links, i, accounts[i]); });
    std::mt19937 random(12);
    std::string wrong;
    for (int step = 0; step != rounds(400) && wrong.empty(); ++step) {
#if defined(HOTSWAP_FAILPOINTS)
        namespace failpoints = hotswap::detail::failpoints;
        bool const may_fail = random() % 5 == 0;
        static constexpr std::array<char const*, 6> points{"swap.drain.after",   "swap.export.after",
                                                           "swap.migrate.after", "swap.construct.after",
                                                           "swap.load.before",   "swap.construct.before"};
        if (may_fail)
            failpoints::arm(std::string(points[random() % points.size()]) + "=" +
                            std::to_string(1 + random() % 3) +
                            (random() % 2 == 0 ? "*fail:5" : "*no_memory"));
        auto const said = operate(at, random);
        failpoints::clear();
        if (!may_fail) wrong = said;
#else
        wrong = operate(at, random);
#endif
        auto const releases = at.releases();
        if (releases != "1 1 1" && releases != "2 2 2") wrong = "the releases are " + releases;
    }
    stop = true;
    for (auto& each : callers) each.join();
    CHECK(wrong == "");
    std::uint64_t counted = before;
    for (auto const& each : accounts) {
        CHECK(each.wrong == "");
        counted += each.counted;
    }
    CHECK(at.links[0]->count() + at.links[1]->count() + at.links[2]->count() == counted);
    CHECK(modules_below(at.directory.path()) <= 6);
}
