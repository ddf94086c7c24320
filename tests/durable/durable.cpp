// A runtime with a store, and the set that a new process finds.
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/patient.hpp"
#include "swap/fixtures/rows.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;

namespace {

/// Runtimes one after the other on one store, and their events.
struct house {
    house() { start(); }

    hotswap::runtime_options options() const {
        return {.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                .staging = directory.path() / "staging",
                .log_to_stderr = false,
                .rehearse = hotswap::rehearse::never,
                .store = directory.path() / "store",
                .checkpoint_on_exit = false};  // the process ends as if it were killed
    }
    /// A new runtime, as after a restart.
    void start() {
        runtime.reset();
        runtime.emplace(options());
        runtime
            ->subscribe([this](hotswap::event const& what) {
                if (what.operation == hotswap::operation::recover) told += to_string(what) + "\n";
            })
            .detach();
    }
    std::vector<hotswap::component_status> restart() {
        start();
        told.clear();
        return runtime->recover().value();
    }
    hotswap::component_status status(std::string_view name) {
        for (auto& each : runtime->status())
            if (each.name == name) return each;
        throw std::runtime_error("no such component in the status");
    }
    hotswap::handle<tally> sums() { return runtime->find<tally>("sums").value(); }
    hotswap::swap_report swap(fs::path const& module, hotswap::swap_options options = {}) {
        options.module = module;
        return runtime->swap("sums", options).value();
    }

    temporary_directory directory;
    std::string told;
    std::optional<hotswap::runtime> runtime;
};

void load_sums(house& at, std::string_view release) {
    static_cast<void>(at.runtime->load<tally>("sums", {.module = tally_file(release)}).value());
}

/// The only file of that kind in a folder of the store.
fs::path newest_in(fs::path const& folder) {
    std::vector<fs::path> files;
    for (auto const& each : fs::directory_iterator(folder)) files.push_back(each.path());
    std::sort(files.begin(), files.end());
    REQUIRE_FALSE(files.empty());
    return files.back();
}

void flip_a_bit(fs::path const& file) {
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    std::fstream content(file, std::ios::in | std::ios::out | std::ios::binary);
    content.seekg(-1, std::ios::end);
    char last = 0;
    content.get(last);
    content.seekp(-1, std::ios::end);
    content.put(static_cast<char>(last ^ 1));
}

}  // namespace

TEST_CASE("store: a restart brings back the components with their state as of the last commit") {
    house at;
    load_sums(at, "1.0.0");
    at.sums()->add("a", 1);
    SUBCASE("upgrade") {
        CHECK_FALSE(at.swap(tally_file("2.0.0")).not_durable);
        at.sums()->add("a", 10);  // after the commit, before a checkpoint: not kept
        auto const back = at.restart();
        REQUIRE(back.size() == 1);
        CHECK(back[0].running.release == "2.0.0");
        CHECK(back[0].previous_release == "1.0.0");
        CHECK(at.sums()->code() == "tally 2.0.0");
        CHECK(at.sums()->total("a") == 1);
        CHECK(names(at.told, {"sums 2.0.0 is back", "with its state as of 20"}));
        // A revert is possible as well.
        CHECK(at.runtime->revert("sums").value().to.release == "1.0.0");
        CHECK(at.sums()->total("a") == 1);
    }
    SUBCASE("upgrade with arguments") {
        at.swap(tally_file("2.0.0"));
        at.swap(tally_file("3.0.0"), {.arguments = {{"label", "blue"}}});
        at.restart();
        CHECK(at.sums()->label() == "blue");
        CHECK(at.sums()->total("a") == 1);
    }
    SUBCASE("downgrade") {
        at.swap(tally_file("3.0.0"));
        at.sums()->add("b", 5);
        at.swap(tally_file("1.0.0"));
        at.restart();
        CHECK(at.sums()->code() == "tally 1.0.0");
        CHECK(at.sums()->total("b") == 5);
    }
    SUBCASE("handoff") {
        at.swap(tally_file("1.9.0"), {.transfer = hotswap::transfer::handoff});
        at.restart();
        CHECK(at.sums()->code() == "tally 1.9.0");
        CHECK(at.sums()->total("a") == 1);
    }
    SUBCASE("restore") {
        auto const frame = at.runtime->snapshot("sums").value();
        at.sums()->add("a", 10);
        at.runtime->restore("sums", frame).value();
        at.restart();
        CHECK(at.sums()->total("a") == 1);
    }
    SUBCASE("revert") {
        at.swap(tally_file("2.0.0"));
        at.sums()->add("a", 10);
        at.runtime->revert("sums").value();
        at.restart();
        CHECK(at.sums()->code() == "tally 1.0.0");
        CHECK(at.sums()->total("a") == 11);
    }
    SUBCASE("checkpoint") {
        at.sums()->add("a", 10);
        CHECK(at.runtime->checkpoint().has_value());
        at.sums()->add("a", 100);
        at.restart();
        CHECK(at.sums()->total("a") == 11);
    }
    SUBCASE("again and again") {
        for (std::uint64_t i = 0; i != 3; ++i) {
            at.sums()->add("a", 1);
            CHECK(at.runtime->checkpoint().has_value());
            at.restart();
        }
        CHECK(at.sums()->total("a") == 4);
    }
}

TEST_CASE("store: tables come back, of a checkpoint and of a swap") {
    house at;
    static_cast<void>(at.runtime->load<rows>("rows", {.module = built("rows", "1.0.0")}).value());
    auto const all = [&at] { return at.runtime->find<rows>("rows").value(); };
    for (std::uint64_t i = 1; i != 1000; ++i) all()->put(std::to_string(i), i);
    SUBCASE("checkpoint") { CHECK(at.runtime->checkpoint().has_value()); }
    SUBCASE("swap") {
        CHECK_FALSE(at.runtime->swap("rows", {.module = built("rows", "2.0.0")}).value().not_durable);
    }
    auto const before = all()->dump();
    at.restart();
    CHECK(all()->dump() == before);
}

TEST_CASE("store: nothing is overwritten by a host that forgot to recover") {
    house at;
    load_sums(at, "1.0.0");
    at.start();
    auto const refused = at.runtime->load<tally>("sums", {.module = tally_file("1.0.0")});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(names(refused.error().message, {"1 components", "recover() first"}));
    CHECK(at.runtime->recover().value().size() == 1);
    CHECK(at.runtime->recover().error().code == errc::already_loaded);
}

TEST_CASE(
    "store: without one, recover and checkpoint are refused, and with an empty one recover brings nothing") {
    site without;
    CHECK(without.runtime.recover().error().code == errc::no_store);
    CHECK(without.runtime.checkpoint().error().code == errc::no_store);
    house at;
    CHECK(at.runtime->recover().value().empty());
    load_sums(at, "1.0.0");
}

TEST_CASE("store: a second runtime on the same store is refused, and says who has it") {
    house at;
    hotswap::runtime second(at.options());
    auto const refused = second.load<tally>("sums", {.module = tally_file("1.0.0")});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::store_locked);
    CHECK(names(refused.error().message, {std::to_string(getpid())}));
    CHECK(second.recover().error().code == errc::store_locked);
    CHECK(second.checkpoint().error().code == errc::store_locked);
    load_sums(at, "1.0.0");
}

TEST_CASE("store: a damaged snapshot is noticed, and the set before is used instead, with a word about it") {
    house at;
    load_sums(at, "1.0.0");
    at.sums()->add("a", 1);
    CHECK(at.runtime->checkpoint().has_value());
    at.sums()->add("a", 1);
    CHECK(at.runtime->checkpoint().has_value());
    at.runtime.reset();
    auto const newest = newest_in(at.directory.path() / "store" / "snapshots");
    SUBCASE("flipped") { flip_a_bit(newest); }
    SUBCASE("cut") { fs::resize_file(newest, fs::file_size(newest) - 1); }
    SUBCASE("gone") { fs::remove(newest); }
    at.restart();
    CHECK(at.sums()->total("a") == 1);
    CHECK(names(at.told, {"instead its state is that of the set before", "as of 20"}));
}

TEST_CASE("store: a module that was altered in the store is refused, and nothing of the set is loaded") {
    house at;
    load_sums(at, "1.0.0");
    static_cast<void>(at.runtime->load<tally>("also", {.module = tally_file("2.0.0")}).value());
    at.runtime.reset();
    for (auto const& each : fs::directory_iterator(at.directory.path() / "store" / "modules"))
        if (fs::file_size(each) == fs::file_size(tally_file("1.0.0"))) flip_a_bit(each.path());
    at.start();
    auto const refused = at.runtime->recover();
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::store_damaged);
    CHECK(refused.error().component == "sums");
    CHECK(at.runtime->status().empty());
}

TEST_CASE("store: an unloaded component does not come back, and its last state is kept") {
    house at;
    load_sums(at, "1.0.0");
    at.sums()->add("a", 1);
    at.runtime->unload("sums").value();
    CHECK(at.restart().empty());
    CHECK_FALSE(fs::is_empty(at.directory.path() / "store" / "snapshots"));
    load_sums(at, "1.0.0");
    CHECK(at.sums()->total("a") == 0);
}

TEST_CASE("store: what a probation sent back stays known after a restart") {
    house at;
    static_cast<void>(at.runtime->load<patient>("patient", {.module = built("patient", "1.0.0")}).value());
    at.runtime
        ->swap("patient", {.module = built("patient", "2.0.0"),
                           .probation = {.duration = std::chrono::hours(1), .interval = 1ms}})
        .value();
    auto const it = at.runtime->find<patient>("patient").value();
    it->visit("a");
    it->fall_ill(false);
    REQUIRE(test::eventually([&] {
        auto const now = at.status("patient");
        return now.rolled_back && !now.swapping;
    }));
    at.restart();
    auto const status = at.status("patient");
    CHECK(status.running.release == "1.0.0");
    REQUIRE(status.rolled_back);
    CHECK(status.rolled_back->code == errc::rolled_back);
    CHECK(names(status.rolled_back->message, {"healthy()"}));
    CHECK(at.runtime->find<patient>("patient").value()->visits("a") == 1);
    CHECK(at.runtime->revert("patient").error().code == errc::rolled_back);
    at.runtime->swap("patient", {.module = built("patient", "2.0.0")}).value();
    at.runtime->swap("patient", {.module = built("patient", "1.0.0")}).value();
    at.restart();  // after it was named, it is a file like others
    CHECK_FALSE(at.status("patient").rolled_back);
    CHECK(at.runtime->revert("patient").value().to.release == "2.0.0");
}

TEST_CASE("store: a checkpoint of nothing leaves the set before within reach") {
    house at;
    load_sums(at, "1.0.0");
    at.sums()->add("a", 1);
    CHECK(at.runtime->checkpoint().has_value());
    at.runtime->unload("sums").value();
    auto const sets = [&at] {
        std::map<fs::path, std::string> found;
        for (auto const& each : fs::directory_iterator(at.directory.path() / "store"))
            if (each.is_regular_file()) {
                std::ifstream file(each.path(), std::ios::binary);
                found[each.path()].assign(std::istreambuf_iterator<char>(file), {});
            }
        return found;
    };
    auto const before = sets();
    CHECK(before.size() > 1);
    CHECK(at.runtime->checkpoint().has_value());
    CHECK(sets() == before);
}

TEST_CASE("store: an operation that meets a checkpoint waits for it, and is not refused") {
    house at;
    load_sums(at, "1.0.0");
    std::atomic<bool> done{false};
    std::size_t written = 0;
    std::thread writer([&] {
        for (; !done; ++written)
            if (!at.runtime->checkpoint()) break;
    });
    for (int i = 0; i != 50; ++i) {
        auto const swapped = at.runtime->swap("sums", {.module = tally_file(i % 2 == 0 ? "2.0.0" : "1.0.0")});
        CHECK_MESSAGE(swapped.has_value(), (swapped ? "" : swapped.error().message));
    }
    REQUIRE(test::eventually([&] { return at.runtime->status().at(0).swapping; }));  // a checkpoint runs
    done = true;
    writer.join();
    CHECK(written > 0);
    CHECK_FALSE(at.runtime->status().at(0).swapping);
}

TEST_CASE("store: an operation within a checkpoint's own event is refused, and does not wait for itself") {
    house at;
    load_sums(at, "1.0.0");
    std::vector<errc> answers;
    at.runtime
        ->subscribe([&](hotswap::event const& what) {
            if (what.operation != hotswap::operation::checkpoint || what.component != "sums" ||
                !answers.empty())
                return;
            answers.push_back(at.runtime->snapshot("sums").error().code);
            answers.push_back(at.runtime->checkpoint().error().code);
        })
        .detach();
    CHECK(at.runtime->checkpoint().has_value());
    CHECK(answers == std::vector{errc::busy, errc::would_deadlock});
}

TEST_CASE("store: with a period, checkpoints come by themselves") {
    house at;
    at.runtime.reset();
    auto options = at.options();
    options.checkpoint_period = 1ms;
    at.runtime.emplace(options);
    load_sums(at, "1.0.0");
    auto const snapshots = at.directory.path() / "store" / "snapshots";
    auto const first = newest_in(snapshots);
    at.sums()->add("a", 7);
    REQUIRE(test::eventually([&] {
        std::error_code ignored;
        return !fs::exists(first, ignored);
    }));
    at.restart();
    CHECK(at.sums()->total("a") == 7);
}

TEST_CASE("store: snapshots and modules that nothing may go back to are swept away") {
    house at;
    load_sums(at, "1.0.0");
    for (int i = 0; i != 10; ++i) {
        at.swap(tally_file("2.0.0"));
        at.swap(tally_file("1.0.0"));
        CHECK(at.runtime->checkpoint().has_value());
    }
    auto const count = [&](char const* folder) {
        auto const files = fs::directory_iterator(at.directory.path() / "store" / folder);
        return std::distance(begin(files), end(files));
    };
    CHECK(count("snapshots") <= 3);
    CHECK(count("modules") == 2);
}
