// Rewrites every row of a large table while two threads count in it; the pause does not depend on the table's
// size.
#include "hits.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/core.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

int main(int argc, char** argv) {
    constexpr std::uint64_t pages = 200'000;
    std::filesystem::path const modules = argc > 1 ? argv[1] : "modules";
    hotswap::runtime runtime{{.modules = modules}};
    auto hits = runtime.load<demo::hits>("hits", {.module = modules / "hits-1.0.0.so"}).value();
    for (std::uint64_t page = 0; page != pages; ++page) hits->visit("/page/" + std::to_string(page));

    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> visits{0};
    auto const count_visits = [&] {
        for (; !stop; ++visits) hits->visit("/page/7");
    };
    std::thread first(count_visits);
    std::thread second(count_visits);

    fmt::print("{}\n\n", runtime.plan("hits").value());  // the steps of the swap, and the callers' wait
    auto const report = runtime.swap("hits");
    stop = true;
    first.join();
    second.join();
    if (!report) {
        fmt::print("still serving the old one: {}\n", report.error());
        return 1;
    }
    fmt::print("{}\n", *report);

    bool const exact = hits->of("/page/7") == visits + 1 && hits->pages() == pages;
    fmt::print("{} visits during it, {} counted\n", visits.load(), hits->of("/page/7") - 1);
    return exact && report->tables.way == hotswap::table_way::before_pause ? 0 : 1;
}
