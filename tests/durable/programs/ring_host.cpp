// ring_host DIRECTORY swap: a ring of components, with a store below DIRECTORY, that are swapped as one while they are called.
// Its faults come from the environment variable HOTSWAP_FAILPOINTS. Prints the points that the swap passed.
// ring_host DIRECTORY load: makes the store.
// ring_host DIRECTORY look: prints release and count of each recovered component.
// ring_host DIRECTORY loop: swaps up and down in an endless loop.
#include "durable/programs/killable_host.hpp"
#include "runtime/fixtures/link.hpp"

#include <hotswap/runtime.hpp>

#if defined(HOTSWAP_FAILPOINTS)
#include "base/failpoint.hpp"
#endif

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using hotswap_test::ring_link;

namespace {

constexpr std::array<std::string_view, 3> names{"a", "b", "c"};

std::filesystem::path file_of(int release) {
    return std::filesystem::path(HOTSWAP_TEST_MODULES) / "runtime" /
           ("link-" + std::to_string(release) + ".0.0.so");
}

hotswap::component_set to(int release) {
    hotswap::component_set set;
    for (auto const name : names)
        set.push_back({std::string(name), {.module = file_of(release), .even_if_unchanged = true}});
    return set;
}

void look(hotswap::runtime& runtime) {
    for (auto const& each : runtime.status())
        fmt::print("{} {} {}\n", each.name, each.running.release,
                   runtime.find<ring_link>(each.name).value()->count());
}

int run(std::filesystem::path const& directory, std::string_view what) {
    hotswap::runtime runtime(hotswap_test::killable_options(directory));
    auto const back = hotswap_test::recover_or_say(runtime);
    if (!back) return 3;
    if (what == "look") {
        look(runtime);
        return 0;
    }
    if (back->empty())
        for (std::size_t i = 0; i != names.size(); ++i)
            runtime
                .load<ring_link>(names[i],
                                 {.module = file_of(1),
                                  .settings = {{"next", std::string(names[(i + 1) % names.size()])}}})
                .value();
    if (what == "load") {
        runtime.find<ring_link>("a").value()->pass(2);
        return runtime.checkpoint() ? 0 : 2;
    }
    // Each call counts once in each component, so that the counts are equal at any pause.
    std::atomic<bool> stop{false};
    std::vector<std::thread> callers;
    for (int i = 0; i != 2; ++i)
        callers.emplace_back([&] {
            auto const first = runtime.find<ring_link>("a").value();
            while (!stop) first->pass(2);
        });
    int code = 0;
    for (int i = 0; code == 0; ++i) {
        auto const done = runtime.swap(to(2 - i % 2));
        if (!done || done->not_durable) code = 2;
        if (what == "swap") break;
    }
    stop = true;
    for (auto& each : callers) each.join();
#if defined(HOTSWAP_FAILPOINTS)
    for (auto const& point : hotswap::detail::failpoints::visited()) fmt::print("{}\n", point);
#endif
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 1;
    try {
        return run(argv[1], argv[2]);
    } catch (std::exception const& e) {
        fmt::print("threw: {}\n", e.what());
        return 4;
    }
}
