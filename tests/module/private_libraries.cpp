// Private libraries of components: under a SONAME the linker gives the library that was loaded first.
#include "module/command.hpp"
#include "module/files.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using test::modules;

namespace {

/// A host that takes `steps`; a step with digits chooses the module's release for the following steps.
test::answer host(std::initializer_list<std::string> steps, char const* program = HOTSWAP_TEST_RUNTIME_HOST,
                  std::string const& environment = {}) {
    test::scratch const here;
    std::string words = "'" + here.path().string() + "'";
    for (std::string const& step : steps) {
        bool const is_release = step.find('.') == 1;
        words += " '" + (is_release ? (modules / ("private_user-" + step + ".so")).string() : step) + "'";
    }
    return test::run_command(environment + " '" + program + "'", words);
}

std::string library(int release) {
    return (modules / "private" / ("v" + std::to_string(release)) / "libhotswap_test_private.so.1").string();
}

}  // namespace

TEST_CASE(
    "private libraries: a module that would find another file than is loaded is refused with both paths") {
    auto const given = host({"1.0.0", "load", "ask", "2.0.0", "plan", "swap", "swap_unrehearsed", "ask"});
    CHECK(given.status == 0);
    for (char const* const step : {"plan", "swap", "swap_unrehearsed"})
        CHECK_MESSAGE(given.has(std::string(step) +
                                ": lint_refused: private_user-2.0.0.so needs "
                                "libhotswap_test_private.so.1 and would find " +
                                library(2) + ", but this process has " + library(1) + " loaded"),
                      given.output);
    CHECK(given.has("a SONAME for each release"));
    CHECK_MESSAGE(given.has("\nask: 1\nalive"), given.output);
}

TEST_CASE(
    "private libraries: one that lacks what the module needs is reported as such, not as something to be "
    "linked") {
    auto const given = host({"1.0.0", "load", "3.0.0", "swap"});
    CHECK_MESSAGE(given.has("swap: lint_refused: private_user-3.0.0.so"), given.output);
    CHECK_MESSAGE(given.has(library(2) + ", but this process has " + library(1) + " loaded"), given.output);
    CHECK_FALSE(given.has("-rdynamic"));
}

TEST_CASE(
    "private libraries: releases that share one are swapped, and a library that left with its module is "
    "found anew") {
    auto const given = host({"1.0.0", "load", "1.1.0", "swap", "ask", "unload", "3.0.0", "load", "ask"});
    CHECK_MESSAGE(given.has("swap: done\nask: 1\nunload: done\nload: done\nask: 20\nalive"), given.output);
}

TEST_CASE("private libraries: a copy with the same build id is the same library") {
    auto const given = host({"1.0.0", "load", "1.2.0", "swap", "ask", "status"});
    CHECK_MESSAGE(given.has("swap: done\nask: 1\n"), given.output);
    CHECK_FALSE(given.has("would find"));
}

TEST_CASE("private libraries: the host's own is what modules run with, and the status says so") {
    auto const given = host({"2.0.0", "load", "ask", "status"}, HOTSWAP_TEST_PRIVATE_HOST);
    CHECK_MESSAGE(given.has("load: done\nask: 1\n"), given.output);
    CHECK_MESSAGE(
        given.has("status: private_user-2.0.0.so needs libhotswap_test_private.so.1 and would find " +
                  library(2) + ", but the host has " + library(1) + " loaded"),
        given.output);
}

TEST_CASE(
    "private libraries: a symbol that the file would have and the loaded one has not is reported with both "
    "paths") {
    auto const given = host({"3.0.0", "load"}, HOTSWAP_TEST_PRIVATE_HOST);
    CHECK_MESSAGE(given.has("load: unresolved_symbols: private_user-3.0.0.so"), given.output);
    CHECK(given.has("hotswap_test_private_new"));
    CHECK_MESSAGE(given.has(library(2) + " defines it, but this process has " + library(1) + " loaded"),
                  given.output);
    CHECK_FALSE(given.has("-rdynamic"));
    CHECK(given.has("a SONAME for each release"));
}

TEST_CASE("private libraries: one that was replaced since it was loaded is reported as such") {
    test::scratch const here;
    auto const place = (here / "libhotswap_test_private.so.1").string();
    std::filesystem::copy_file(library(1), place);
    auto const given = host({"1.0.0", "load", library(2) + "=" + place, "2.0.0", "swap", "ask", "status"},
                            HOTSWAP_TEST_RUNTIME_HOST, "LD_LIBRARY_PATH='" + here.path().string() + "'");
    CHECK_MESSAGE(given.has("swap: done\nask: 1\n"), given.output);
    CHECK_MESSAGE(given.has("status: private_user-2.0.0.so needs libhotswap_test_private.so.1, and " + place +
                            " was replaced since this process loaded it"),
                  given.output);
    CHECK(given.has("restart the host"));
}
