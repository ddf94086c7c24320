// contract_host DIRECTORY load: a depot with a store below DIRECTORY, by the contract of number 1, and a basket that calls it by
// number 2.
// contract_host DIRECTORY swap: both are swapped to contract number 4 as one, while the depot is called. Its faults come from the
// environment variable HOTSWAP_FAILPOINTS. Prints the points that the swap passed.
// contract_host DIRECTORY try: the same on probation, in which the process ends abruptly.
// contract_host DIRECTORY look: prints the recovered set: its contract, and whether the basket reaches the
// depot.
#include "durable/programs/killable_host.hpp"
#include "swap/fixtures/depot.hpp"

#include <hotswap/runtime.hpp>

#if defined(HOTSWAP_FAILPOINTS)
#include "base/failpoint.hpp"
#endif

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

using hotswap_test::basket;
using hotswap_test::depot;
using hotswap_test::depot_4;

namespace {

std::filesystem::path file_of(std::string const& name) {
    return std::filesystem::path(HOTSWAP_TEST_MODULES) / "swap" / (name + ".so");
}

void look(hotswap::runtime& runtime) {
    auto const buyer = runtime.find<basket>("buyer").value();
    bool const reaches = buyer->find_depot() && buyer->take("pen");
    auto const by_1 = runtime.find<depot>("depot");
    auto const by_4 = runtime.find<depot_4>("depot");
    // The old basket takes one out, the new basket puts one in.
    auto const count = by_1 ? (*by_1)->count("pen") + 1 : (*by_4)->total() - 1;
    fmt::print("{} {} {} {}\n", by_1 ? "by 1" : "", by_4 ? "by 4" : "", reaches ? "reached" : "not reached",
               count >= 10 ? "whole" : "lost");
}

int swap(hotswap::runtime& runtime, hotswap::set_options const& how) {
    std::atomic<bool> stop{false};
    std::thread caller([&] {
        auto const old = runtime.find<depot>("depot").value();
        try {
            while (!stop) old->add("pen", 1);
        } catch (hotswap::swap_error const&) {
            // The depot serves the other contract now.
        }
    });
    auto const done =
        runtime.swap({{"depot", {.module = file_of("depot-4.0.0"), .contract = depot_4::contract}},
                      {"buyer", {.module = file_of("basket-2.0.0")}}},
                     how);
    stop = true;
    caller.join();
#if defined(HOTSWAP_FAILPOINTS)
    for (auto const& point : hotswap::detail::failpoints::visited()) fmt::print("{}\n", point);
#endif
    return done && !done->not_durable ? 0 : 2;
}

int run(std::filesystem::path const& directory, std::string_view what) {
    hotswap::runtime runtime(hotswap_test::killable_options(directory));
    auto const back = hotswap_test::recover_or_say(runtime);
    if (!back) return 3;
    if (what == "load") {
        auto const made = runtime.load<depot>("depot", {.module = file_of("depot-2.0.0")}).value();
        made->add("pen", 10);
        static_cast<void>(runtime.load<basket>("buyer", {.module = file_of("basket-1.0.0")}).value());
        return runtime.checkpoint() ? 0 : 2;
    }
    if (what == "swap") return swap(runtime, {});
    if (what == "try") std::_Exit(swap(runtime, {.probation = {.duration = std::chrono::hours(1)}}));
    look(runtime);
    return 0;
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
