// Two threads call the component while it is swapped up and down; every call must count exactly once.
#include "visits.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

void require(bool holds, std::string_view claim) {
    if (holds) return;
    fmt::print(stderr, "outside: not so: {}\n", claim);
    std::exit(1);
}

constexpr int caller_count = 2;
constexpr int round_trips = 20;

}  // namespace

int main(int argc, char** argv) {
    require(argc == 2, "usage: outside MODULES_DIR");
    std::filesystem::path const modules = argv[1];

    hotswap::runtime runtime{{.modules = modules}};
    auto visits = runtime.load<outside::visits>("visits", {.module = modules / "visits-1.0.0.so"}).value();
    require(visits->release() == "1.0.0", "the module that was asked for is loaded");

    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> calls{0};
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> callers;
        for (int id = 0; id < caller_count; ++id)
            callers.emplace_back([&, page = fmt::format("page {}", id), mine = std::uint64_t{0}]() mutable {
                while (!stop) {
                    if (visits->add(page) != ++mine) ++wrong;
                    ++calls;
                }
            });
        while (calls < 100) std::this_thread::yield();

        for (int trip = 0; trip < round_trips; ++trip) {
            auto const before = calls.load();
            auto const up = runtime.swap("visits");
            if (!up) fmt::print(stderr, "{}\n", up.error());
            require(up.has_value(), "a swap to the newest release succeeds");
            require(up->to.release == "1.10.0", "1.10.0 is newer than 1.0.0");
            require(trip > 0 || up->rehearsal.outcome == "passed",
                    "a new module is rehearsed: the helper was found");
            auto const down = runtime.revert("visits");
            if (!down) fmt::print(stderr, "{}\n", down.error());
            require(down.has_value(), "a revert succeeds");
            while (calls < before + 10) std::this_thread::yield();
        }
        stop = true;
    }
    require(visits->release() == "1.0.0", "the last revert brought the first release back");
    require(wrong == 0, "each caller saw its own count go up by one with every call");
    require(visits->total() == calls, "no call was lost or counted twice");
    fmt::print("outside: {} calls by {} threads over {} swaps, none lost\n", calls.load(), caller_count,
               2 * round_trips);
}
