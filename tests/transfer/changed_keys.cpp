// Modules whose hash, order or equality of keys changed behind the same name: no entry is lost, or the swap is refused.
#include "swap/fixture.hpp"
#include "transfer/fixtures/keyed.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::table_way;
using hotswap::transfer;

namespace {

constexpr std::uint32_t count = 100;

fs::path plain() { return built("keyed", "1.0.0"); }
fs::path rebuilt() { return built("keyed", "1.1.0"); }
fs::path widened() { return built("keyed", "2.0.0"); }
fs::path rehashed() { return built("keyed_rehashed", "1.2.0"); }
fs::path rehashed_and_widened() { return built("keyed_rehashed", "2.2.0"); }
fs::path reordered() { return built("keyed_reordered", "1.3.0"); }
fs::path partly_rehashed() { return built("keyed_partly", "1.4.0"); }
fs::path coarse() { return built("keyed_coarse", "1.5.0"); }

struct keyed_site : site {
    explicit keyed_site(fs::path const& first = plain()) : handle(load<keyed>("keyed", first)) {}

    void fill_all() {
        for (auto const where : all_of_keyed) handle->fill(where, 0, count);
    }
    void check_all_found(std::uint32_t entries = count) {
        for (auto const where : all_of_keyed) {
            CAPTURE(static_cast<int>(where));
            CHECK(handle->find(where, 0, entries) == entries);
            CHECK(handle->size(where) == entries);
        }
    }
    hotswap::swap_report swap(fs::path const& module, hotswap::swap_options options = {}) {
        return site::swap("keyed", module, options);
    }
    hotswap::failure refusal(fs::path const& module, hotswap::swap_options options = {}) {
        return site::refusal("keyed", module, options);
    }
    /// Calls `f` once, when the copy of the tables is complete and the gate is still open.
    template <class F>
    void once_after_precopy(F f) {
        auto const is_done = std::make_shared<std::atomic<bool>>(false);
        runtime
            .subscribe([f, is_done](hotswap::event const& what) {
                if (what.phase == hotswap::phase::precopy && what.outcome == hotswap::outcome::done &&
                    !is_done->exchange(true))
                    f();
            })
            .detach();
    }

    hotswap::handle<keyed> handle;
};

}  // namespace

TEST_CASE(
    "swap: keys whose hash or order changed behind its name are all found afterwards, in every container") {
    for (auto const& next : {rehashed(), reordered(), partly_rehashed(), rehashed_and_widened(), widened()}) {
        CAPTURE(next);
        keyed_site at;
        at.fill_all();
        auto const report = at.swap(next);
        at.check_all_found();
        CHECK(report.tables.way == table_way::before_pause);
        CHECK(report.tables.rows == count + 1);
        CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);

        for (auto const where : all_of_keyed) at.handle->fill(where, 0, count + 20);
        at.check_all_found(count + 20);
        for (auto const where : all_of_keyed) {
            at.handle->erase(where, 0, count + 20);
            CHECK(at.handle->size(where) == 0);
        }
    }
}

TEST_CASE("swap: a revert finds all keys again, also those of the time between") {
    for (auto const& next : {rehashed(), reordered(), rehashed_and_widened()}) {
        CAPTURE(next);
        for (bool const on_probation : {false, true}) {
            CAPTURE(on_probation);
            keyed_site at;
            at.fill_all();
            hotswap::swap_options options;
            if (on_probation) options.probation = hotswap::probation{.duration = 1h};
            at.swap(next, options);
            for (auto const where : all_of_keyed) at.handle->fill(where, 0, count + 20);
            CHECK(at.runtime.revert("keyed").has_value());
            at.check_all_found(count + 20);
        }
    }
}

TEST_CASE(
    "swap: a downgrade to a module that hashes otherwise copies its tables in the pause, and finds all "
    "keys") {
    keyed_site at(widened());
    at.fill_all();
    auto const report = at.swap(rehashed());
    CHECK(report.path == std::vector<std::uint32_t>{2, 1});
    CHECK(report.tables.way == table_way::in_pause);
    CHECK(names(report.tables.reason, {"hotswap::table", "keyed_states::key", "table_hash<"}));
    at.check_all_found();

    CHECK(at.swap(widened()).tables.way == table_way::before_pause);
    at.check_all_found();
    CHECK(at.swap(plain()).tables.way == table_way::before_pause);
    at.check_all_found();
}

TEST_CASE("swap: rows that writers add, change and erase after the copy are found by a changed hash") {
    for (auto const& next : {rehashed(), partly_rehashed(), rehashed_and_widened()}) {
        CAPTURE(next);
        keyed_site at;
        at.handle->fill(keyed_by::table, 0, 80);
        auto const handle = at.handle;
        at.once_after_precopy([handle] {
            handle->erase(keyed_by::table, 0, 20);
            handle->fill(keyed_by::table, 60,
                         count);  // the hash of the last keys differs in all three
        });
        at.swap(next);
        CHECK(at.handle->size(keyed_by::table) == 80);
        CHECK(at.handle->find(keyed_by::table, 0, count) == 80);
        CHECK(at.handle->find(keyed_by::table, 20, count) == 80);
    }
}

TEST_CASE("swap: two keys that a new equality makes one refuse the swap, which names both") {
    SUBCASE("in a table") {
        keyed_site at;
        at.handle->fill(keyed_by::table, 0, 10);
        untouched before(at, "keyed");
        auto const why = at.refusal(coarse());
        CHECK(why.code == errc::migration_failed);
        CHECK(names(why.message, {"the keys", "become"}));
        before.check();
        CHECK(at.handle->find(keyed_by::table, 0, 10) == 10);
    }
    SUBCASE("in a container of a row") {
        keyed_site at;
        at.handle->fill(keyed_by::nested, 0, 10);
        CHECK(at.refusal(coarse()).code == errc::migration_failed);
        CHECK(at.handle->find(keyed_by::nested, 0, 10) == 10);
    }
    SUBCASE("in another container") {
        keyed_site at;
        at.handle->fill(keyed_by::ordered, 0, 10);
        CHECK(at.refusal(coarse()).code == errc::bad_snapshot);
        CHECK(at.handle->find(keyed_by::ordered, 0, 10) == 10);
    }
}

TEST_CASE(
    "handoff: a state whose keys another module looks for elsewhere is refused, by name of container and "
    "hash") {
    struct expected {
        keyed_by where;
        fs::path next;
        std::vector<std::string_view> words;
    };
    for (auto const& [where, next, words] : {
             expected{keyed_by::table, rehashed(), {"hotswap::table", "keyed_states::key", "table_hash<"}},
             expected{keyed_by::hashed, rehashed(), {"std::unordered_map", "std::hash<keyed_states::key>"}},
             expected{
                 keyed_by::hashed_set, rehashed(), {"std::unordered_set", "std::hash<keyed_states::key>"}},
             expected{keyed_by::ordered, reordered(), {"std::map", "std::less<keyed_states::key>"}},
             expected{keyed_by::ordered_set, reordered(), {"std::set", "std::less<keyed_states::key>"}},
             expected{keyed_by::flat, reordered(), {"flat_map", "std::less<keyed_states::key>"}},
             expected{keyed_by::nested, rehashed(), {"std::unordered_map", "std::hash<keyed_states::key>"}},
             expected{keyed_by::nested, reordered(), {"std::map", "std::less<keyed_states::key>"}},
             expected{keyed_by::hashed, partly_rehashed(), {"std::unordered_map"}},
         }) {
        CAPTURE(static_cast<int>(where));
        keyed_site at;
        at.handle->fill(where, 0, count);
        untouched before(at, "keyed");
        auto const why = at.refusal(next, {.transfer = transfer::handoff});
        CHECK(why.code == errc::handoff_refused);
        CHECK(names(why.message, words));
        CHECK(names(why.message, {"cannot be handed to", "use transfer::snapshot"}));
        before.check();
        CHECK(at.handle->find(where, 0, count) == count);

        at.swap(next);
        CHECK(at.handle->find(where, 0, count) == count);
    }
}

TEST_CASE("handoff: a state with keys of one's own is handed over where they are found") {
    keyed_site at;
    at.fill_all();
    CHECK(at.swap(rebuilt(), {.transfer = transfer::handoff}).transfer == transfer::handoff);
    at.check_all_found();
    // The containers that differ are empty: no entry can be lost.
    keyed_site empty;
    empty.swap(rehashed(), {.transfer = transfer::handoff});
    empty.fill_all();
    empty.check_all_found();
}

TEST_CASE(
    "store: keys written again after a swap with a changed hash or order are read back by the next process") {
    for (auto const& next : {rehashed(), reordered(), rehashed_and_widened()}) {
        CAPTURE(next);
        temporary_directory directory;
        hotswap::runtime_options const options{.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                               .staging = directory.path() / "staging",
                                               .log_to_stderr = false,
                                               .rehearse = hotswap::rehearse::never,
                                               .store = directory.path() / "store"};
        {
            hotswap::runtime runtime(options);
            auto const handle = runtime.load<keyed>("keyed", {.module = plain()}).value();
            for (auto const where : all_of_keyed) handle->fill(where, 0, count);
            CHECK(runtime.swap("keyed", {.module = next}).has_value());
            for (auto const where : all_of_keyed) handle->fill(where, 0, count);
            CHECK(runtime.checkpoint().has_value());
        }
        hotswap::runtime runtime(options);
        CHECK(runtime.recover().value().size() == 1);
        auto const handle = runtime.find<keyed>("keyed").value();
        for (auto const where : all_of_keyed) {
            CHECK(handle->find(where, 0, count) == count);
            CHECK(handle->size(where) == count);
        }
    }
}
