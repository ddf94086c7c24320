// What a host that swaps for months must not lose: mappings, descriptors, files, memory.
#include "swap/fixture.hpp"

#include <malloc.h>

#include <algorithm>

using namespace hotswap_test;

namespace {

std::size_t open_descriptors() {
    auto const entries = fs::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::size_t mapped_files() {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);)
        if (line.find('/') != line.npos) ++count;
    return count;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
std::size_t heap_in_use() { return mallinfo2().uordblks; }
constexpr std::size_t allowed_growth = 4096;
#else
// The sanitizers keep books of their own, in an allocator that mallinfo2 does not know.
std::size_t heap_in_use() { return 0; }
constexpr std::size_t allowed_growth = 0;
#endif

struct footprint {
    std::size_t mapped = mapped_files();
    std::size_t descriptors = open_descriptors();
    std::size_t heap = heap_in_use();
};

void cycle(site& at) {
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    at.swap("tally", tally_file("2.0.0"));
    at.swap("tally", tally_file("2.0.0"), {.transfer = hotswap::transfer::handoff});
    at.refusal("tally", built("tally_unresolved", "1.0.0"));
    at.runtime.revert("tally").value();
    at.swap("tally", tally_file("1.0.0"));
    at.runtime.restore("tally", at.snapshot("tally")).value();
    if (sums->total("a") != 1) throw std::runtime_error("the sum is wrong");
    at.runtime.unload("tally").value();
}

}  // namespace

TEST_CASE("cycles: 200 times load, swap and unload leave nothing behind") {
    site at;
    // Allocator and dynamic linker fill their own stores for the first some hundred times, and then no more.
    for (int i = 0; i != 100; ++i) cycle(at);
    footprint const before;
    for (int i = 0; i != 200; ++i) cycle(at);
    footprint const after;

    CHECK(after.mapped == before.mapped);
    CHECK(after.descriptors == before.descriptors);
    CHECK(after.heap <= before.heap + allowed_growth);
    CHECK(at.mappings() == 0);
    CHECK(modules_below(at.directory.path()) == 0);
}

TEST_CASE("cycles: 30 runtimes made and destroyed with components in them leave nothing behind") {
    auto const live_and_die = [] {
        site at;
        auto const one = at.load("one", tally_file("1.0.0"));
        auto const two = at.load("two", tally_file("2.0.0"));
        at.swap("one", tally_file("3.0.0"));
        one->add("a", 1);
    };
    for (int i = 0; i != 5; ++i) live_and_die();
    footprint const before;
    for (int i = 0; i != 30; ++i) live_and_die();
    footprint const after;
    CHECK(after.mapped == before.mapped);
    CHECK(after.descriptors == before.descriptors);
    CHECK(after.heap <= before.heap + allowed_growth);
}
