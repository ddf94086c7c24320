// The heap gets its memory before callers have to wait.
#include "transfer/heap_reserve.hpp"

#include "swap/fixture.hpp"
#include "transfer/fixtures/accounts.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <random>

using namespace hotswap_test;
using hotswap::transfer;
using hotswap::detail::heap_reserve;

// A sanitizer has its own heap, which is not prepared.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

long page_faults() {
    rusage used{};
    getrusage(RUSAGE_THREAD, &used);
    return used.ru_minflt;
}

/// Blocks of the C library's heap.
struct blocks {
    explicit blocks(std::size_t count, std::size_t size) {
        all.reserve(count);
        for (std::size_t i = 0; i != count; ++i) all.push_back(std::malloc(size));
    }
    ~blocks() {
        for (void* const each : all) std::free(each);
    }
    blocks(blocks const&) = delete;
    blocks& operator=(blocks const&) = delete;

    /// Frees every other one, in any order.
    void free_every_other() {
        std::vector<void*> gone;
        for (std::size_t i = 0; i < all.size(); i += 2) gone.push_back(std::exchange(all[i], nullptr));
        std::shuffle(gone.begin(), gone.end(), std::mt19937(7));
        for (void* const each : gone) std::free(each);
    }
    /// The number of blocks directly behind the block before.
    std::size_t in_a_row(std::size_t distance) const {
        std::size_t count = 0;
        for (std::size_t i = 1; i != all.size(); ++i)
            if (static_cast<char*>(all[i]) - static_cast<char*>(all[i - 1]) ==
                static_cast<std::ptrdiff_t>(distance))
                ++count;
        return count;
    }

    std::vector<void*> all;
};

/// Counts the page faults of migrations, on a heap whose free memory the kernel has taken back.
class fault_counter final : public accounts_ear {
public:
    hotswap::arguments arguments() const {
        accounts_ear const* const self = this;
        return {{"ear", std::to_string(reinterpret_cast<std::uintptr_t>(self))}};
    }
    void migrates(void const*) override { before_ = page_faults(); }
    void migrated() override { faults = page_faults() - before_; }
    void destroyed(std::uint32_t) override {}

    long faults = -1;

private:
    long before_ = 0;
};

}  // namespace

TEST_CASE("heap reserve: what is allocated next costs no page fault") {
    constexpr std::size_t count = 50'000;
    std::vector<void*> all(count);
    malloc_trim(0);
    heap_reserve reserve;
    reserve.take(count * 112);
    reserve.release();
    long const before = page_faults();
    for (auto& each : all) each = std::memset(std::malloc(104), 1, 104);
    CHECK(page_faults() - before < 50);  // of 1300 pages
    for (void* const each : all) std::free(each);
}

TEST_CASE("heap reserve: what is allocated next lies in a row, also in a heap full of holes") {
    constexpr std::size_t count = 20'000;
    blocks holes(2 * count, 104);
    holes.free_every_other();
    {
        heap_reserve reserve;
        reserve.take(count * 112);
        reserve.release();
        CHECK(blocks(count, 104).in_a_row(112) > count / 10 * 9);
    }
    CHECK(blocks(count, 104).in_a_row(112) < count / 2);  // the free blocks are back
}

TEST_CASE("heap reserve: those of the members of a set are not the same memory") {
    constexpr std::size_t count = 50'000;
    std::vector<void*> all(2 * count);
    malloc_trim(0);
    heap_reserve first;
    heap_reserve second;
    first.take(count * 112);
    second.take(count * 112);
    first.release();
    second.release();
    long const before = page_faults();
    for (auto& each : all) each = std::memset(std::malloc(104), 1, 104);
    CHECK(page_faults() - before < 100);  // of 2700 pages
    for (void* const each : all) std::free(each);
}

TEST_CASE("heap reserve: once a component was swapped, its migrations cause hardly a page fault") {
    auto how = transfer::direct;
    SUBCASE("of the running object") {}
    SUBCASE("of its serialized form") { how = transfer::snapshot; }
    fault_counter counter;  // outlives the states that speak to it
    site at;
    auto const it = at.load<accounts>("accounts", built("accounts", "1.0.0"));
    for (int i = 0; i != 20'000; ++i) it->add(std::to_string(i), 1);
    at.swap("accounts", built("accounts", "2.0.0"), {.transfer = how});
    // The kernel may take pages back at any time: uses the best of several runs.
    long fewest = 1'000'000;
    for (auto const* const release : {"1.0.0", "2.0.0", "1.0.0", "2.0.0"}) {
        malloc_trim(0);
        at.swap("accounts", built("accounts", release), {.transfer = how, .arguments = counter.arguments()});
        REQUIRE(counter.faults >= 0);
        fewest = std::min(fewest, counter.faults);
    }
    CHECK(fewest < 100);  // of more than 1000 pages
}

#endif
