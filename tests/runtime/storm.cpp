#include "slot/rounds.hpp"
#include "swap/fixture.hpp"

#include <array>
#include <atomic>

using namespace hotswap_test;
using hotswap::transfer;

namespace {

constexpr int swaps = rounds(2000);
constexpr std::array<std::string_view, 4> keys{"a", "b", "c", "d"};

/// The calls of one caller thread, and the number of wrong answers.
struct caller_account {
    std::array<std::uint64_t, keys.size()> added{};
    std::array<std::uint64_t, keys.size()> last_seen{};
    std::uint64_t calls = 0;
    std::uint64_t wrong = 0;
    std::string exception{};
};

void call_until(std::atomic<bool> const& stop, hotswap::handle<tally> const& sums, caller_account& account) {
    try {
        for (std::size_t i = 0; !stop.load(std::memory_order_relaxed); i = (i + 1) % keys.size()) {
            std::uint64_t const seen = sums->add(keys[i], 1);
            ++account.calls;
            ++account.added[i];
            // A sum never decreases, and is at least the total that this thread has added.
            if (seen <= account.last_seen[i] || seen < account.added[i]) ++account.wrong;
            account.last_seen[i] = seen;
            if (i == 0) {  // both on one generation: a lease sees its own additions
                auto const lease = sums.lease();
                std::uint64_t const one = lease->add(keys[i], 1);
                if (lease->total(keys[i]) < one) ++account.wrong;
                ++account.calls;
                ++account.added[i];
                account.last_seen[i] = one;
            }
        }
    } catch (std::exception const& e) {
        account.exception = e.what();
    }
}

/// One operation of the storm: up and down between the releases, some by handoff, some by revert.
hotswap::result<hotswap::swap_report> operate(site& at, int step) {
    static constexpr std::array<std::string_view, 4> releases{"2.0.0", "3.0.0", "2.0.0", "1.0.0"};
    switch (step % 10) {
        case 3:
        case 7:
            return at.runtime.revert("tally");
        case 5: {
            auto const release = at.status("tally").running.release;
            return at.runtime.swap(
                "tally",
                {.module = tally_file(release), .transfer = transfer::handoff, .even_if_unchanged = true});
        }
        default:
            return at.runtime.swap("tally", {.module = tally_file(releases[static_cast<unsigned>(step) % 4]),
                                             .even_if_unchanged = true});
    }
}

}  // namespace

TEST_CASE("storm: two callers and swaps up and down without a rest, no call lost and no sum wrong") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    std::atomic<bool> stop{false};
    std::array<caller_account, 2> accounts;
    std::array<std::thread, 2> callers;
    for (std::size_t i = 0; i != callers.size(); ++i)
        callers[i] = std::thread([&, i] { call_until(stop, sums, accounts[i]); });

    std::string refused;
    int still_mapped = 0;
    int handoffs = 0;
    std::uint64_t held = 0;
    for (int step = 0; step != swaps && refused.empty(); ++step) {
        auto const report = operate(at, step);
        if (!report) {
            refused = to_string(report.error());
            break;
        }
        if (report->unload.verdict != hotswap::unload_verdict::unmapped) ++still_mapped;
        if (report->transfer == transfer::handoff) ++handoffs;
        held += report->calls_held;
    }
    stop = true;
    for (auto& caller : callers) caller.join();

    CHECK(refused == "");
    CHECK(still_mapped == 0);
    CHECK(handoffs == swaps / 10);
    CHECK(at.status("tally").swaps == swaps);
    CHECK(at.status("tally").running.generation == swaps + 1);
    for (auto const& account : accounts) {
        CHECK(account.exception == "");
        CHECK(account.wrong == 0);
        CHECK(account.calls > 0);
    }
    for (std::size_t i = 0; i != keys.size(); ++i)
        CHECK(sums->total(keys[i]) == accounts[0].added[i] + accounts[1].added[i]);
    std::uint64_t const calls = accounts[0].calls + accounts[1].calls;
    MESSAGE(calls << " calls, " << held << " of them held at the gate");
    CHECK(at.mappings() > 0);
    CHECK(modules_below(at.directory.path()) == 2);
}
