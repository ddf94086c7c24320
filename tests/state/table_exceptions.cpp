// An exception within a call of a table reaches its caller, and leaves the table unchanged and unlocked.
#include "state/table_contents.hpp"
#include "state/table_faults.hpp"

#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <utility>

using hotswap_test::contents;
using hotswap_test::fuse;

namespace {

fuse making, hashing, comparing;

// Every constructor throws, also the copy constructor.
struct brittle {
    static inline int alive = 0;

    int value;
    brittle(int v) : value(v) { making.pass(), ++alive; }
    brittle(brittle const& other) : value(other.value) { making.pass(), ++alive; }
    brittle& operator=(brittle const& other) {
        making.pass();
        value = other.value;
        return *this;
    }
    ~brittle() { --alive; }
    auto operator<=>(brittle const& other) const { return value <=> other.value; }
    bool operator==(brittle const& other) const { return value == other.value; }
};
struct brittle_hash {
    std::size_t operator()(brittle const& key) const {
        hashing.pass();
        return static_cast<unsigned>(key.value) % 2;
    }
};
struct brittle_equal {
    bool operator()(brittle const& a, brittle const& b) const {
        comparing.pass();
        return a.value == b.value;
    }
};
using table = hotswap::table<brittle, brittle, brittle_hash, brittle_equal>;

// Calls `operation` with a fault at one moment after another, until no fault happens; each time on a new
// table.
template <class Operation>
void check_unharmed(fuse& fault, Operation operation) {
    int failures = 0;
    for (bool failed = true; failed; ++failures) {
        {
            table rows;
            for (int i = 0; i != 20; ++i) rows.try_emplace(i, i);
            auto const before = contents(rows);
            fault.set(static_cast<std::size_t>(failures));
            failed = false;
            try {
                operation(rows);
            } catch (std::runtime_error const&) {
                failed = true;
            }
            fault.defuse();
            if (failed) {
                CHECK(contents(rows) == before);
                CHECK_NOTHROW(operation(rows));  // would wait for ever, or abort, if the lock were held
            }
            CHECK(contents(rows) != before);
        }
        CHECK(brittle::alive == 0);
    }
    CHECK(failures > 1);  // some did fail
}

template <class Operation>
void check_unharmed_by_all(Operation operation) {
    check_unharmed(hashing, operation);
    check_unharmed(comparing, operation);
}

struct stop {};

// Checks that a visitor's exception reaches the caller, and that the row can be visited again.
template <class Visit>
void check_comes_through(table& rows, Visit visit) {
    CHECK_THROWS_AS(visit(rows, [](auto&&) -> bool { throw stop(); }), stop);
    int seen = 0;
    CHECK_NOTHROW(visit(rows, [&seen](auto&&) { return ++seen, false; }));
    CHECK(seen > 0);
    CHECK(rows.size() == 20);
}

}  // namespace

TEST_CASE("table: a key or a row that cannot be made is not added") {
    auto const operations = [](auto operation) { check_unharmed(making, operation); };
    operations([](table& rows) { rows.try_emplace(100, 1); });
    operations([](table& rows) { rows.emplace(100, 1); });
    operations([](table& rows) { rows.insert(std::pair<brittle const, brittle>(100, 1)); });
    operations([](table& rows) { rows.insert(std::pair<brittle, brittle>(100, 1)); });
    operations([](table& rows) { rows.insert_or_assign(100, 1); });
    operations([](table& rows) { rows.insert_or_visit(std::pair<brittle, brittle>(100, 1), [](auto&) {}); });
    operations([](table& rows) { rows.try_emplace_or_cvisit(100, 1, [](auto&) {}); });
}

TEST_CASE("table: a row that cannot be assigned is as it was") {
    check_unharmed(making, [](table& rows) { rows.insert_or_assign(7, 100); });
}

TEST_CASE("table: a hash or a comparison that throws changes nothing") {
    check_unharmed_by_all([](table& rows) { rows.try_emplace(100, 1); });
    check_unharmed_by_all([](table& rows) { rows.insert_or_assign(7, 100); });
    check_unharmed_by_all([](table& rows) { rows.erase(7); });
    check_unharmed_by_all([](table& rows) { rows.erase_if(7, [](auto&) { return true; }); });
    check_unharmed_by_all([](table& rows) { rows.visit(7, [](auto& row) { row.second.value = 100; }); });
    check_unharmed_by_all(
        [](table& rows) { rows.try_emplace_or_visit(7, 1, [](auto& row) { row.second.value = 100; }); });
}

TEST_CASE("table: what a visitor throws reaches its caller") {
    table rows;
    for (int i = 0; i != 20; ++i) rows.try_emplace(i, i);
    check_comes_through(rows, [](table& t, auto f) { t.visit(7, f); });
    check_comes_through(rows, [](table& t, auto f) { std::as_const(t).visit(7, f); });
    check_comes_through(rows, [](table& t, auto f) { t.cvisit(7, f); });
    check_comes_through(rows, [](table& t, auto f) { t.visit_all(f); });
    check_comes_through(rows, [](table& t, auto f) { t.cvisit_all(f); });
    check_comes_through(rows, [](table& t, auto f) { t.erase_if(7, f); });
    check_comes_through(rows, [](table& t, auto f) { t.erase_if(f); });
    check_comes_through(rows, [](table& t, auto f) { t.try_emplace_or_visit(7, 1, f); });
    check_comes_through(rows, [](table& t, auto f) { t.try_emplace_or_cvisit(7, 1, f); });
    check_comes_through(rows,
                        [](table& t, auto f) { t.insert_or_visit(std::pair<brittle, brittle>(7, 1), f); });
    check_comes_through(rows,
                        [](table& t, auto f) { t.insert_or_cvisit(std::pair<brittle, brittle>(7, 1), f); });
}

TEST_CASE("table: an erase_if that throws has erased the rows before, and none after") {
    hotswap::table<int, int, hotswap_test::equal_hash> rows;
    for (int i = 0; i != 20; ++i) rows.emplace(i, i);
    int asked = 0;
    CHECK_THROWS_AS(rows.erase_if([&asked](auto&) {
        if (++asked == 6) throw stop();
        return true;
    }),
                    stop);
    CHECK(rows.size() == 15);
    CHECK(rows.erase_if([](auto&) { return true; }) == 15);
}

TEST_CASE("table: a visitor's change before it threw stays") {
    hotswap::table<std::string, int> rows{{"a", 1}};
    CHECK_THROWS_AS(rows.visit("a",
                               [](auto& row) {
                                   row.second = 2;
                                   throw stop();
                               }),
                    stop);
    CHECK(contents(rows) == std::map<std::string, int>{{"a", 2}});
}
