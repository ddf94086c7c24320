#include "transfer/table_rows.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace hotswap_test;

namespace {

using hotswap::table_way;

/// Calls `f` when the copy of the tables is complete and the gate is still open.
template <class F>
void after_precopy(site& at, F f) {
    at.runtime
        .subscribe([f](hotswap::event const& what) {
            if (what.phase == hotswap::phase::precopy && what.outcome == hotswap::outcome::done) f();
        })
        .detach();
}

}  // namespace

TEST_CASE("swap: a table's rows are migrated before the pause, every one of them") {
    site at;
    auto const handle = load_rows(at, 5000);
    auto const before = handle->dump();

    auto const report = at.swap("rows", built("rows", "2.0.0"));

    CHECK(handle->release() == 2);
    CHECK(handle->dump() == before);
    CHECK(report.tables.way == table_way::before_pause);
    CHECK(report.tables.rows == 5000);
    CHECK(report.tables.copies == 1);
    CHECK(report.tables.memory > 5000 * 24);
    CHECK(report.of(hotswap::phase::precopy).duration > report.pause);
    CHECK(names(to_string(report), {"before the pause", "5000 rows"}));
    CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
}

TEST_CASE("swap: a downgrade of a table takes the same way, by the code of the newer module") {
    site at;
    auto const handle = load_rows(at, 3000);
    auto const before = handle->dump();
    at.swap("rows", built("rows", "2.0.0"));

    auto const report = at.swap("rows", built("rows", "1.0.0"));

    CHECK(handle->release() == 1);
    CHECK(report.tables.way == table_way::before_pause);
    CHECK(handle->dump() == before);
    handle->put("new", 7);
    CHECK(handle->size() == 3001);
    CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
}

TEST_CASE("swap: a chain of row functions, with data and with changed keys, runs as one pass per row") {
    site at;
    auto const handle = load_rows(at, 2000);
    handle->set_factor(3);

    auto const report = at.swap("rows", built("rows", "4.0.0"));

    CHECK(report.path == std::vector<std::uint32_t>{1, 2, 3, 4});
    CHECK(report.tables.way == table_way::before_pause);
    CHECK(handle->size() == 1999);  // number 0 is dropped
    entries expected;
    for (std::uint64_t i = 1; i != 2000; ++i)
        expected.emplace_back(key_of(i), 3 * i, "the row of number " + std::to_string(i));
    std::sort(expected.begin(), expected.end());
    CHECK(handle->dump() == expected);

    CHECK(at.swap("rows", built("rows", "3.0.0")).tables.way == table_way::before_pause);
    CHECK(handle->dump() == expected);
}

TEST_CASE("swap: what writers do between the copy and the pause is in the new table") {
    for (auto const* release : {"2.0.0", "4.0.0"}) {
        CAPTURE(release);
        site at;
        auto const handle = load_rows(at, 100);
        auto const written = std::make_shared<std::atomic<int>>(0);
        after_precopy(at, [handle, written] {
            if (written->exchange(1) != 0) return;
            handle->put(key_of(1000), 5);
            handle->insert(key_of(1001), 6);
            handle->add(key_of(10), 100);
            handle->put(key_of(20), 0);
            handle->erase(key_of(30));
            handle->erase(key_of(31));
            handle->insert(key_of(31), 9);
            handle->erase_numbers(40);
        });
        auto const report = at.swap("rows", built("rows", release));
        REQUIRE(written->load() == 1);
        CHECK(report.tables.way == table_way::before_pause);
        auto const all = handle->dump();
        auto const number_of = [&all](std::uint64_t key) -> std::int64_t {
            for (auto const& [name, number, text] : all)
                if (name == key_of(key)) return static_cast<std::int64_t>(number);
            return -1;
        };
        CHECK(number_of(1000) == 5);
        CHECK(number_of(1001) == 6);
        CHECK(number_of(10) == 110);
        CHECK(number_of(20) == (std::string_view(release) == "4.0.0" ? -1 : 0));
        CHECK(number_of(30) == -1);
        CHECK(number_of(31) == 9);
        CHECK(number_of(40) == -1);
        CHECK(number_of(50) == 50);
    }
}

TEST_CASE("swap: a table that was cleared between the copy and the pause is empty afterwards") {
    site at;
    auto const handle = load_rows(at, 100);
    after_precopy(at, [handle] { handle->clear(); });
    CHECK(at.swap("rows", built("rows", "2.0.0")).tables.way == table_way::before_pause);
    CHECK(handle->size() == 0);
    handle->put("k1", 1);
    CHECK(handle->size() == 1);
}

TEST_CASE("swap: a migration that counts rows copies the table in the pause, and the report says why") {
    site at;
    auto const handle = load_rows(at, 500);
    auto const before = handle->dump();
    auto const report = at.swap("rows", built("rows_counting", "2.0.0"));
    CHECK(report.tables.way == table_way::in_pause);
    CHECK(names(report.tables.reason, {"counts its rows"}));
    CHECK(handle->dump() == before);
}

TEST_CASE("swap: a row function that throws refuses the swap before any pause, and names the row") {
    site at;
    auto const handle = load_rows(at, 10);
    handle->put("the \n key", 13);
    untouched old(at, "rows");
    auto const why = at.refusal("rows", built("rows_throwing", "2.0.0"));
    CHECK(why.code == hotswap::errc::migration_failed);
    CHECK(why.phase == hotswap::phase::precopy);
    CHECK(names(why.message, {"\"the \\x0a key\"", "13 is no number"}));
    CHECK(why.old_serving);
    old.check();
    handle->add("k1", 1);  // no watcher remains
}

TEST_CASE(
    "swap: a row function that throws in a writer's call refuses the swap, and the writer notices nothing") {
    site at;
    auto const handle = load_rows(at, 10);
    after_precopy(at, [handle] { handle->put("k5", 13); });
    auto const why = at.refusal("rows", built("rows_throwing", "2.0.0"));
    CHECK(why.code == hotswap::errc::migration_failed);
    CHECK(names(why.message, {"\"k5\"", "13 is no number"}));
    CHECK(handle->release() == 1);
    CHECK(handle->size() == 10);
}

TEST_CASE("swap: two keys that become one refuse the swap, and both are named") {
    site at;
    auto const handle = at.load<rows>("rows", built("rows", "1.0.0"));
    handle->put("abcd", 1);
    handle->put("xyz1", 2);
    handle->put("abce", 3);
    untouched old(at, "rows");
    auto const why = at.refusal("rows", built("rows_colliding", "2.0.0"));
    CHECK(why.code == hotswap::errc::migration_failed);
    CHECK(names(why.message, {"\"abcd\"", "\"abce\"", "\"abc\""}));
    old.check();
}

TEST_CASE("swap: data that changes after the copy makes the copy start over") {
    site at;
    auto const handle = load_rows(at, 50);
    at.swap("rows", built("rows", "2.0.0"));
    auto const changes = std::make_shared<std::atomic<std::uint64_t>>(0);
    after_precopy(at, [handle, changes] {
        if (changes->fetch_add(1) == 0) handle->set_factor(5);
    });
    auto const report = at.swap("rows", built("rows", "3.0.0"));
    CHECK(report.tables.way == table_way::before_pause);
    CHECK(report.tables.copies == 2);
    CHECK(report.attempts == 2);
    CHECK(std::get<1>(handle->dump().front()) == 5);
}

TEST_CASE("swap: data that changes every time has the tables copied in the pause") {
    site at;
    auto const handle = load_rows(at, 50);
    at.swap("rows", built("rows", "2.0.0"));
    auto const factor = std::make_shared<std::atomic<std::uint64_t>>(10);
    after_precopy(at, [handle, factor] { handle->set_factor(factor->fetch_add(1)); });
    auto const report = at.swap("rows", built("rows", "3.0.0"));
    CHECK(report.tables.way == table_way::in_pause);
    CHECK(report.tables.copies == 3);
    CHECK(names(report.tables.reason, {"changed meanwhile"}));
    CHECK(std::get<1>(handle->dump().front()) == 12);
}

TEST_CASE("swap: a table that is replaced as a whole after the copy is copied again") {
    site at;
    auto const handle = load_rows(at, 50);
    auto const once = std::make_shared<std::atomic<int>>(0);
    after_precopy(at, [handle, once] {
        if (once->exchange(1) != 0) return;
        handle->replace_table();
        handle->put("k3", 3);
    });
    auto const report = at.swap("rows", built("rows", "2.0.0"));
    CHECK(report.tables.copies == 2);
    CHECK(handle->size() == 1);
}

TEST_CASE("swap: a handoff hands tables over as they are") {
    site at;
    auto const handle = load_rows(at, 100);
    auto const before = handle->dump();
    auto const report = at.swap("rows", built("rows", "1.0.0"), {.transfer = hotswap::transfer::handoff});
    CHECK(report.tables.way == table_way::none);
    CHECK(handle->dump() == before);
    handle->put("k7", 70);
    CHECK(handle->size() == 100);
}

TEST_CASE("revert: a table keeps what was written since the swap") {
    site at;
    auto const handle = load_rows(at, 100);
    at.swap("rows", built("rows", "2.0.0"));
    handle->put("since", 1);
    auto const report = at.runtime.revert("rows").value();
    CHECK(report.tables.way == table_way::before_pause);
    CHECK(handle->release() == 1);
    CHECK(handle->size() == 101);
}

TEST_CASE("snapshot: a table is written as of one moment, and restored") {
    site at;
    auto const handle = load_rows(at, 1000);
    auto const before = handle->dump();
    auto const frame = at.snapshot("rows");
    handle->clear();
    at.runtime.restore("rows", frame).value();
    CHECK(handle->dump() == before);
    CHECK(at.snapshot("rows").size() == frame.size());
}

TEST_CASE("load: a snapshot of an older version's table is migrated") {
    site at;
    auto const handle = load_rows(at, 100);
    auto const frame = at.snapshot("rows");
    auto const newer =
        at.runtime.load<rows>("newer", {.module = built("rows", "4.0.0"), .snapshot = frame}).value();
    CHECK(newer->size() == 99);
}

TEST_CASE("plan: says before which way the tables would go, and why, and what memory that takes") {
    site at;
    auto const handle = load_rows(at, 10000);
    auto const plan = [&](fs::path const& module) {
        return at.runtime.plan("rows", {.module = module, .rehearse = hotswap::rehearse::when_new}).value();
    };
    auto const before = plan(built("rows", "2.0.0"));
    CHECK(before.tables.way == table_way::before_pause);
    CHECK(before.tables.rows == 10000);
    CHECK(before.predicted_pause > 0ns);
    auto const during = plan(built("rows_counting", "2.0.0"));
    CHECK(during.tables.way == table_way::in_pause);
    CHECK(names(during.tables.reason, {"counts its rows"}));
    CHECK(during.predicted_pause >= during.rehearsal.predicted_pause);  // the measured time, plus the drain
    CHECK(names(to_string(during), {"in the pause", "predicted pause"}));
    // Nothing was changed, and nothing of the new module remains.
    CHECK(handle->release() == 1);
    CHECK(at.status("rows").retained.empty());

    auto const report = at.swap("rows", built("rows", "2.0.0"));
    CHECK(before.tables.memory == report.tables.memory);
}
