// The cost of a durable swap: a snapshot and the commit that names it, and their parts.
#include "store/store.hpp"
#include "harness/figures.hpp"
#include "harness/measurements.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

namespace {

using hotswap::detail::store;
namespace fs = std::filesystem;

/// On the disk that the benchmark was started on: memory would measure nothing.
struct directory_here {
    directory_here() {
        auto name = (fs::current_path() / "store-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no directory can be made in " + fs::current_path().string());
        path = name;
    }
    ~directory_here() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    directory_here(directory_here const&) = delete;
    directory_here& operator=(directory_here const&) = delete;
    fs::path path;
};

template <class F>
double microseconds_of(F&& f) {
    auto const begin = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

struct costs {
    std::vector<double> intent{}, module{}, snapshot{}, commit{}, outcome{}, all{};
};

costs measure(std::size_t size, int rounds) {
    directory_here const at;
    auto const opened = store::open({at.path, {}}).value();
    std::vector<std::byte> const state(size, std::byte{0x5a});
    std::vector<std::byte> module(50'000);
    costs spent;
    for (int i = 0; i != rounds; ++i) {
        module[0] = std::byte(i);  // a different module each time
        module[1] = std::byte(i >> 8);
        std::uint64_t id = 0;
        hotswap::detail::stored_component entry;
        entry.name = "cache";
        spent.intent.push_back(microseconds_of([&] {
            id = opened->note_intent({"swap", {{"cache", {}, "1.0.0", {}, "2.0.0"}}}).value();
        }));
        spent.module.push_back(microseconds_of([&] { entry.digest = opened->keep_module(module).value(); }));
        spent.snapshot.push_back(
            microseconds_of([&] { entry.snapshot = opened->write_snapshot("cache", 1, {state}).value(); }));
        spent.commit.push_back(microseconds_of([&] {
            static_cast<void>(
                opened->commit([&](hotswap::detail::manifest& set) { set.components = {entry}; }).value());
        }));
        spent.outcome.push_back(microseconds_of([&] { opened->note_outcome(id, "committed").value(); }));
        spent.all.push_back(spent.intent.back() + spent.module.back() + spent.snapshot.back() +
                            spent.commit.back() + spent.outcome.back());
        opened->sweep();
    }
    return spent;
}

}  // namespace

bool measure_store(bool quick) {
    int const rounds = quick ? 20 : 500;
    fmt::print("\nmaking a swap durable, next to the running components ({} swaps each, a module of 50 kB)\n",
               rounds);
    for (std::size_t const size : {std::size_t{1} << 10, std::size_t{1} << 20}) {
        auto const spent = measure(size, rounds);
        fmt::print("  {:<44} {:>10} {:>10} {:>10}\n", fmt::format("snapshot of {} kB", size >> 10), "p50",
                   "p99", "max");
        auto const print = [](std::string_view name, std::vector<double> const& samples) {
            fmt::print("    {:<42} {:>10} {:>10} {:>10}\n", name, in_words(percentile(samples, 0.5)),
                       in_words(percentile(samples, 0.99)), in_words(percentile(samples, 1)));
        };
        print("intent, before the gate closes", spent.intent);
        print("module", spent.module);
        print("snapshot", spent.snapshot);
        print("commit: the manifest", spent.commit);
        print("outcome", spent.outcome);
        print("all", spent.all);
    }
    return true;
}

}  // namespace bench
