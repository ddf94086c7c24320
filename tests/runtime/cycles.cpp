// Resources that a host must not lose in months of swaps: mappings, descriptors, files, memory.
#include "module/command.hpp"
#include "swap/fixture.hpp"

#include <fmt/format.h>

#include <malloc.h>

#include <algorithm>
#include <cstdlib>

using namespace hotswap_test;

namespace {

constexpr std::string_view no_stores = "glibc.malloc.tcache_count=0";

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

// Memory that a thread has freed and keeps in its own cache counts as in use, and its amount depends on the
// order of threads. Without such caches, which only a new process can switch off, the count is exact.
bool counts_exactly() {
    auto const* const settings = std::getenv("GLIBC_TUNABLES");
    return settings != nullptr && std::string_view(settings) == no_stores;
}
#else
// The sanitizers have their own allocator, which mallinfo2 does not know.
std::size_t heap_in_use() { return 0; }
bool counts_exactly() { return true; }
#endif

/// Runs the body of a test case with an exact count of the heap: here, or in another process that runs the
/// same case.
void count(void (*body)()) {
    if (counts_exactly()) return body();
    std::string test_case = doctest::getContextOptions()->currentTest->m_name;
    std::ranges::replace(test_case, ',', '?');  // a comma would separate two names
    auto const own = fs::read_symlink("/proc/self/exe").string();
    auto const told = test::run_command(fmt::format("GLIBC_TUNABLES={} '{}'", no_stores, own),
                                        fmt::format("'--test-case={}'", test_case));
    CHECK_MESSAGE(told.status == 0, told.output);
    CHECK_MESSAGE(told.has(" 1 passed | 0 failed"), told.output);
}

struct footprint {
    std::size_t mapped = mapped_files();
    std::size_t descriptors = open_descriptors();
    std::size_t heap = heap_in_use();
};

void cycle(site& at) {
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    at.swap("tally", tally_file("2.0.0"));
    at.swap("tally", tally_file("2.0.0"),
            {.transfer = hotswap::transfer::handoff, .even_if_unchanged = true});
    at.refusal("tally", built("tally_unresolved", "1.0.0"));
    at.runtime.revert("tally").value();
    at.swap("tally", tally_file("1.0.0"));
    at.runtime.restore("tally", at.snapshot("tally")).value();
    if (sums->total("a") != 1) throw std::runtime_error("the sum is wrong");
    at.runtime.unload("tally").value();
}

void load_swap_unload() {
    site at;
    // Allocator and dynamic linker fill their caches during the first few hundred cycles, and then no more.
    for (int i = 0; i != 100; ++i) cycle(at);
    footprint const before;
    for (int i = 0; i != 200; ++i) cycle(at);
    footprint const after;

    CHECK(after.mapped == before.mapped);
    CHECK(after.descriptors == before.descriptors);
    CHECK(after.heap <= before.heap);
    CHECK(at.mappings() == 0);
    CHECK(modules_below(at.directory.path()) == 0);
}

void make_and_destroy() {
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
    CHECK(after.heap <= before.heap);
}

}  // namespace

TEST_CASE("cycles: 200 times load, swap and unload leave nothing behind") { count(load_swap_unload); }

TEST_CASE("cycles: 30 runtimes made and destroyed with components in them leave nothing behind") {
    count(make_and_destroy);
}
