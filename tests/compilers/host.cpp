// Swaps between modules of two compilers while threads call them: nothing may be lost, and the results must
// be the same with either compiler on either side.
#include "ledger.hpp"
#include "second_base.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;
using books::ledger;

void require(bool holds, std::string_view claim) {
    if (holds) return;
    fmt::print(stderr, "compilers: not so (host of {}): {}\n", books::compiler, claim);
    std::exit(1);
}

template <class T>
T must(hotswap::result<T> got, std::string_view what) {
    if (!got) require(false, fmt::format("{}: {}", what, got.error()));
    return std::move(*got);
}

struct built {
    fs::path file;
    std::string by;  ///< the result of `made_by`
    int schema;
};

std::vector<built> all_of(fs::path const& of_gcc, fs::path const& of_clang) {
    return {{of_gcc / "ledger-1.0.0.so", "g++ 1", 1},
            {of_clang / "ledger-1.0.0.so", "clang++ 1", 1},
            {of_gcc / "ledger-2.0.0.so", "g++ 2", 2},
            {of_clang / "ledger-2.0.0.so", "clang++ 2", 2}};
}

hotswap::runtime_options options_for(fs::path const& modules) {
    hotswap::runtime_options options;
    options.modules = modules;
    options.log_to_stderr = false;
    return options;
}

// Each value type of the contract, and an exception, between a host and a module.
void check_calls(hotswap::handle<ledger>& books, std::string_view by) {
    require(books->made_by() == by, fmt::format("the code that runs is that of {}", by));
    std::string const name(40, 'x');  // too long for a string's own buffer
    auto const before = books->balance(name).value_or(0);
    require(books->add(name, 2) == before + 2, "an account counts on");
    require(books->balance(name) == before + 2 && !books->balance("absent"),
            "an optional has its value, or none");
    require(books->balances().at(name) == before + 2, "a map is the same on both sides");
    std::uint64_t sum = 0;
    books->each([&](std::string const&, std::uint64_t amount) { sum += amount; });
    require(sum >= before + 2, "a function of the host is called");
    bool caught = false;
    try {
        books->add("", 1);
    } catch (std::runtime_error const& e) {
        caught = std::string_view(e.what()) == "an account has a name";
    }
    require(caught, "an exception of the module is caught in the host");
}

// A state has the same bytes in every module, after any path.
void check_snapshots(std::vector<built> const& modules, fs::path const& directory) {
    hotswap::runtime writer(options_for(directory));
    auto books = must(writer.load<ledger>("ledger", {.module = modules[0].file}), "load");
    for (char const* const account : {"rent", "food", "travel"}) books->add(account, 5);
    auto const first = must(writer.snapshot("ledger"), "snapshot");
    for (auto const& next : modules) {
        hotswap::runtime reader(options_for(directory));
        auto loaded = reader.load<ledger>("ledger", {.module = next.file, .snapshot = first});
        auto copy = must(std::move(loaded), fmt::format("a snapshot of {} in {}", modules[0].by, next.by));
        require(copy->balances() == books->balances() && copy->notes().size() == books->notes().size(),
                fmt::format("{} reads what {} wrote", next.by, modules[0].by));
        auto const again = must(reader.snapshot("ledger"), "snapshot");
        if (next.schema == modules[0].schema)
            require(std::ranges::equal(again, first), fmt::format("{} writes the same bytes", next.by));
    }
}

class storm {
public:
    storm(std::vector<built> const& modules, fs::path const& directory)
        : modules_(modules), runtime_(options_for(directory)) {}

    void run(int swaps) {
        auto books = must(runtime_.load<ledger>("ledger", {.module = modules_[0].file}), "load");
        at_ = &modules_[0];
        std::array<std::uint64_t, 2> counted{};
        std::atomic<bool> stop{false};
        {
            std::vector<std::jthread> callers;
            for (std::size_t id = 0; id != counted.size(); ++id)
                callers.emplace_back([&, id, account = fmt::format("caller {}", id)] {
                    for (std::uint64_t sum = 0; !stop; ++counted[id]) {
                        sum += 3;
                        require(books->add(account, 3) == sum,
                                "each caller sees its own sum grow with every call");
                    }
                });
            for (int i = 0; i != swaps; ++i) {
                step(i);
                check_calls(books, at_->by);
            }
            stop = true;
        }
        for (std::size_t id = 0; id != counted.size(); ++id)
            require(books->balance(fmt::format("caller {}", id)).value_or(0) == 3 * counted[id],
                    "no call is lost");
        fmt::print(
            "compilers: host of {}: {} swaps ({} to the other compiler, {} handoffs, {} tables copied before "
            "the "
            "pause, {} reverts) under {} calls, none lost\n",
            books::compiler, swaps, crossed_, handoffs_, copied_, reverts_, counted[0] + counted[1]);
        require(crossed_ > swaps / 4 && handoffs_ > 0 && copied_ > 0 && reverts_ > 0,
                "a storm has every kind of swap in it");
    }

private:
    void step(int number) {
        if (number % 7 == 6) {
            auto const report = must(runtime_.revert("ledger", {.allow_loss = true}), "revert");
            count(report);
            std::swap(at_, before_);
            ++reverts_;
            return;
        }
        // Each pair of modules comes up, in an order that is the same in every run.
        auto const& next = modules_[random_() % modules_.size()];
        hotswap::swap_options options;
        options.allow_loss = true;         // labels and the number of calls
        options.even_if_unchanged = true;  // the random choice may be the running module
        options.module = next.file;
        if (next.schema == at_->schema && number % 2 == 0) options.transfer = hotswap::transfer::handoff;
        auto const report = must(runtime_.swap("ledger", options), fmt::format("{} to {}", at_->by, next.by));
        if (options.transfer == hotswap::transfer::handoff) ++handoffs_;
        if (next.by.front() != at_->by.front()) ++crossed_;
        count(report);
        // A revert leads to other code, also after several swaps to the same.
        if (&next != at_) before_ = std::exchange(at_, &next);
    }

    void count(hotswap::swap_report const& report) {
        require(report.unload.verdict == hotswap::unload_verdict::unmapped,
                fmt::format("the code before is unmapped\n{}", report));
        if (report.transfer == hotswap::transfer::handoff) return;
        require(report.tables.way == hotswap::table_way::before_pause,
                fmt::format("tables are copied before the pause\n{}", report));
        ++copied_;
    }

    std::vector<built> const& modules_;
    hotswap::runtime runtime_;
    built const* at_ = nullptr;
    built const* before_ = nullptr;
    std::minstd_rand random_{7};
    int crossed_ = 0;
    int handoffs_ = 0;
    int copied_ = 0;
    int reverts_ = 0;
};

// If clang++ cannot find the base that is the contract, it says so, and never calls another base's functions.
void check_second_base(fs::path const& directory, bool known) {
    hotswap::runtime runtime(options_for(directory));
    auto const plain = runtime.load<books::second>("second", {.module = directory / "second-1.0.0.so"});
    if (known) {
        require(plain.has_value() && (*plain)->right() == 42, "g++ finds the contract among the bases");
        require(runtime.unload("second").has_value(), "unload");
    } else {
        require(!plain && plain.error().code == hotswap::errc::construct_failed &&
                    plain.error().message.find("using contract_type") != std::string::npos,
                "a component whose contract clang++ cannot find is refused in words");
    }
    auto named =
        must(runtime.load<books::second>("second", {.module = directory / "second-2.0.0.so"}), "load");
    require(named->right() == 42, "a contract that is named is called");
}

// A module of a newer revision serves a host of the older one, with either compiler on either side.
void check_revisions(std::vector<built> const& modules, fs::path const& directory) {
    hotswap::runtime runtime(options_for(directory));
    auto const old = must(runtime.load<ledger>("ledger", {.module = modules.front().file}), "load release 1");
    old->add("rent", 7);
    for (auto const& each : modules) {
        must(runtime.swap("ledger", {.module = each.file, .even_if_unchanged = true}), each.by);
        require(old->made_by() == each.by && old->balance("rent") == 7,
                "the handle of the older revision goes on");
        auto const newer = runtime.find<books::ledger_with_count>("ledger");
        require(newer.has_value() == (each.schema == 2),
                "the newer revision is found where it is served: " + each.by);
        if (newer)
            require((*newer)->accounts() == 1, "a function at the end of the contract is called: " + each.by);
    }
}

}  // namespace

int main(int argc, char** argv) {
    require(argc == 4, "usage: host MODULES_OF_GCC MODULES_OF_CLANG SWAPS");
    fs::path const of_gcc = argv[1];
    fs::path const of_clang = argv[2];
    auto modules = all_of(of_gcc, of_clang);
    check_second_base(of_gcc, true);
    check_second_base(of_clang, false);
    check_revisions(modules, of_gcc);
    check_snapshots(modules, of_gcc);
    std::swap(modules[0], modules[1]);
    check_snapshots(modules, of_gcc);
    storm(modules, of_gcc).run(std::atoi(argv[3]));
}
