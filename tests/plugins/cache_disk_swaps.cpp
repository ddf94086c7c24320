// The cache's second tier and two callers, while its releases change under them; its metrics; another directory.
#include "plugins/cache_on_disk.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <thread>

using namespace hotswap_test;

namespace {

/// Two callers, each of which changes half of the keys and reads all of them.
class callers {
public:
    explicit callers(on_disk& of) : cache_(of) {}

    /// Runs until each has made its calls and `meanwhile` has run `times`.
    template <class Meanwhile>
    void run(int calls, int times, Meanwhile meanwhile) {
        std::atomic<bool> over = times == 0;
        auto const caller = [&](int half) {
            for (int number = 1; number <= calls || !over; ++number) change_and_read(half, number);
        };
        std::jthread const first(caller, 0);
        std::jthread const second(caller, 1);
        struct end {
            std::atomic<bool>& over;
            ~end() { over = true; }
        } const at_end{over};  // also if a swap fails
        for (int i = 0; i != times; ++i) meanwhile();
    }
    int found() const { return found_; }
    int older() const { return older_; }
    int erased() const { return erased_; }

private:
    static constexpr int keys = 64;

    void change_and_read(int half, int number) {
        thread_local std::mt19937 random;
        auto const mine = 2 * (random() % (keys / 2)) + static_cast<unsigned>(half);
        bool const erases = number % 5 == 0;
        if (erases)
            cache_->erase(std::to_string(mine));
        else
            cache_->put(std::to_string(mine), std::to_string(number), 24h);
        acknowledged_[mine] = erases ? -number : number;
        for (int i = 0; i != 2; ++i) read(random() % keys);
    }
    void read(unsigned which) {
        int const before = acknowledged_[which];
        auto const value = cache_->get(std::to_string(which));
        if (!value) return;
        ++found_;
        int const number = std::stoi(*value);
        if (number < std::abs(before)) ++older_;
        if (number == -before) ++erased_;
    }

    on_disk& cache_;
    std::array<std::atomic<int>, keys>
        acknowledged_{};  // the last change of a key, negative if it was erased
    std::atomic<int> found_ = 0;
    std::atomic<int> older_ = 0;
    std::atomic<int> erased_ = 0;
};

void expect_right(callers const& all, int least_found) {
    CHECK(all.older() == 0);
    CHECK(all.erased() == 0);
    CHECK(all.found() > least_found);
}

}  // namespace

TEST_CASE("cache on disk: a reader never finds a value older than one that another thread has acknowledged") {
    scratch_directory const at;
    on_disk values(at.path);
    callers both(values);
    both.run(10'000, 0, [] {});
    expect_right(both, 20'000);
    CHECK(values->stats().disk_hits > 1'000);
    CHECK(values->stats().disk_errors == 0);
}

TEST_CASE("cache on disk: swaps from 3 to 3 under load keep the tier, and lose, age and warn about nothing") {
    scratch_directory const at;
    on_disk values(at.path);
    disk_lines const lines(values.runtime);
    values.put_many("k", 500);
    callers both(values);
    std::size_t swaps = 0;
    both.run(5'000, 12, [&] {
        constexpr std::array all{hotswap::transfer::direct, hotswap::transfer::snapshot,
                                 hotswap::transfer::handoff};
        auto const report =
            values.swap("3.0.0", {.transfer = all[swaps++ % all.size()], .even_if_unchanged = true});
        CHECK(report.warnings.empty());
        CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
    });
    expect_right(both, 5'000);
    CHECK(values.found("k", 500) == 500);
    CHECK(values->stats().disk_errors == 0);
    CHECK_MESSAGE(!lines.have("is off"), lines.text());
    CHECK_MESSAGE(!lines.have("discarded"), lines.text());
}

TEST_CASE(
    "cache on disk: swaps from 3 to 2 and back under load forget the tier, and bring no old value back") {
    scratch_directory const at;
    on_disk values(at.path);
    callers both(values);
    both.run(5'000, 8, [&] {
        for (auto const release : {"2.0.0"sv, "3.0.0"sv}) {
            auto const report = values.move_to(release);
            CHECK(report.warnings.empty());
            CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
            values.clock.step(10s);
        }
    });
    expect_right(both, 1'000);
    values.clock.step(10s);
    values.put_many("new", 100);
    CHECK(values.found("new", 100) == 100);
    CHECK(values->stats().disk_errors == 0);
}

TEST_CASE("cache on disk: a swap to another directory begins there, and coming back brings no old value") {
    scratch_directory const at;
    on_disk values(at.path / "one");
    auto const move_to = [&](char const* directory) {
        values.swap("3.0.0",
                    {.even_if_unchanged = true, .settings = on_disk::settings_for(at.path / directory)});
        values.clock.step(10s);
    };
    values.put_many("k", 100);
    move_to("two");
    CHECK(values.found("k", 100) <= static_cast<int>(on_disk::rows_in_memory));
    for (int i = 0; i != 50; ++i) values->put("k" + std::to_string(i), "newer");
    for (int i = 50; i != 100; ++i) values->erase("k" + std::to_string(i));
    move_to("one");
    for (int i = 0; i != 50; ++i) CHECK(values->get("k" + std::to_string(i)).value_or("newer") == "newer");
    for (int i = 50; i != 100; ++i) CHECK_FALSE(values->get("k" + std::to_string(i)));
    values.put_many("new", 100);
    CHECK(values.found("new", 100) == 100);
}

TEST_CASE("cache on disk: the metrics of release 3 have the counts of the tier, and a swap keeps them") {
    scratch_directory const at;
    on_disk values(at.path);
    values.put_many("k", 100);
    values.found("k", 100);
    auto const value_of = [&](std::string_view name) {
        auto const all = values->metrics();
        auto const found =
            std::find_if(all.begin(), all.end(), [&](auto const& each) { return each.name == name; });
        REQUIRE_MESSAGE(found != all.end(), name);
        return found->value;
    };
    for (bool const swapped : {false, true}) {
        CAPTURE(swapped);
        auto const stats = values->stats();
        CHECK(value_of("hotswap_cache_disk_entries") == 100 - on_disk::rows_in_memory);
        CHECK(value_of("hotswap_cache_disk_hits_total") == stats.disk_hits);
        CHECK(value_of("hotswap_cache_disk_writes_total") >= 100 - on_disk::rows_in_memory);
        CHECK(value_of("hotswap_cache_disk_evictions_total") == 0);
        CHECK(value_of("hotswap_cache_disk_errors_total") == 0);
        if (!swapped) CHECK(value_of("hotswap_cache_disk_bytes") > 4'096);
        values.swap("3.0.0", {.even_if_unchanged = true});
    }
}
