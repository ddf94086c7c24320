// A visitor that calls its own table would wait for itself: debug builds print that and abort.
#include "state/table_contents.hpp"

#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#if !defined(NDEBUG)

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace {

struct ending {
    int status;
    std::string words;  ///< the output on stderr
};

// Runs `f` in a separate process.
template <class F>
ending in_child(F f) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    std::fflush(nullptr);
    pid_t const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        rlimit const no_core{};
        setrlimit(RLIMIT_CORE, &no_core);
        std::signal(SIGABRT, SIG_DFL);  // without doctest's report
        alarm(60);                      // ends the test if the call waits for itself after all
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        f();
        _exit(0);
    }
    close(ends[1]);
    ending how{};
    char piece[512];
    for (ssize_t size; (size = read(ends[0], piece, sizeof piece)) > 0;)
        how.words.append(piece, static_cast<std::size_t>(size));
    close(ends[0]);
    REQUIRE(waitpid(child, &how.status, 0) == child);
    return how;
}

template <class F>
void check_aborts(F f) {
    auto const how = in_child(f);
    CHECK(WIFSIGNALED(how.status));
    CHECK(WTERMSIG(how.status) == SIGABRT);
    CHECK(how.words ==
          "hotswap: a visitor (or a row function) of a table called that same table, and would wait for "
          "itself; collect the keys, and call the table after the visit\n");
}

using table = hotswap::table<int, int>;

}  // namespace

TEST_CASE("table: a visitor that calls the same table on its own row aborts a debug build with a sentence") {
    table rows{{1, 1}, {2, 2}};
    check_aborts([&] { rows.visit(1, [&](auto&) { rows.erase(1); }); });
    check_aborts([&] { rows.cvisit(1, [&](auto&) { static_cast<void>(rows.count(1)); }); });
    check_aborts([&] { rows.visit_all([&](auto& row) { rows.insert_or_assign(row.first, 7); }); });
    check_aborts([&] { rows.cvisit_all([&](auto&) { rows.visit_all([](auto&) {}); }); });
    check_aborts([&] { rows.erase_if(1, [&](auto&) { return rows.contains(1); }); });
    check_aborts([&] { rows.try_emplace_or_visit(1, 1, [&](auto&) { rows.clear(); }); });
}

TEST_CASE("table: a visitor that calls the same table on any row of the same shard aborts a debug build") {
    hotswap::table<int, int, hotswap_test::equal_hash> rows{{1, 1}, {2, 2}};
    check_aborts([&] { rows.visit(1, [&](auto&) { rows.erase(2); }); });
    check_aborts([&] { rows.cvisit(1, [&](auto&) { static_cast<void>(rows.count(3)); }); });
    check_aborts([&] { rows.cvisit(1, [&](auto&) { rows.emplace(3, 3); }); });
}

TEST_CASE("table: a visitor may call another table, and may fail and be followed by a call of the same") {
    auto const how = in_child([] {
        table rows{{1, 1}};
        table others{{1, 1}};
        rows.visit(1, [&](auto&) { others.visit(1, [](auto& row) { ++row.second; }); });
        try {
            rows.visit(1, [](auto&) { throw 1; });
        } catch (int) {
            rows.erase(1);
        }
    });
    CHECK(WIFEXITED(how.status));
    CHECK(how.words == "");
}

#endif
