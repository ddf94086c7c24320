// hotswap-lint, run like a build or a person runs it.
#include "module/altered.hpp"
#include "module/command.hpp"
#include "module/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>

using test::answer;
using test::modules;

namespace {

answer lint(std::string const& words) { return test::run_command(HOTSWAP_TEST_LINT, words); }

std::string file(char const* name) { return "'" + (modules / name).string() + "'"; }

bool has(answer const& given, std::string_view words) { return given.has(words); }

}  // namespace

TEST_CASE("hotswap-lint: a good module is described, and the status is 0") {
    auto const given = lint(file("plain-2.0.0.so"));
    CHECK(given.status == 0);
    CHECK_MESSAGE(has(given, "plain 2.0.0, contract test.probe 1, schema test.plain 1"), given.output);
}

TEST_CASE("hotswap-lint: --quiet says nothing of a good module") {
    auto const given = lint("--quiet " + file("plain-2.0.0.so"));
    CHECK(given.status == 0);
#if defined(__SANITIZE_ADDRESS__)
    // With a sanitizer not every host can load the module; this is the only finding.
    CHECK(has(given, "needs the runtime of -fsanitize=address"));
    CHECK(std::count(given.output.begin(), given.output.end(), '\n') == 1);
#else
    CHECK_MESSAGE(given.output.empty(), given.output);
#endif
}

TEST_CASE("hotswap-lint: a refused module is named with its code, and the status is 1") {
    auto const given = lint(file("archived_naive-1.0.0.so"));
    CHECK(given.status == 1);
    CHECK_MESSAGE(has(given, "refused (unique_symbols)"), given.output);
    CHECK(has(given, "archived_naive-1.0.0.so"));
}

TEST_CASE("hotswap-lint: one refused file among good ones makes the status 1, and all are judged") {
    auto const given =
        lint(file("no_component-1.0.0.so") + " " + file("plain-1.0.0.so") + " " + file("none.so"));
    CHECK(given.status == 1);
    CHECK(has(given, "refused (no_descriptor)"));
    CHECK(has(given, "plain 1.0.0"));
    CHECK(has(given, "refused (no_such_file)"));
}

TEST_CASE("hotswap-lint: a module that will stay mapped is a warning with the reason, not a refusal") {
    auto const given = lint(file("nodelete-1.0.0.so"));
    CHECK(given.status == 0);
    CHECK_MESSAGE(has(given, "warning: "), given.output);
    CHECK(has(given, "-z nodelete"));
}

TEST_CASE("hotswap-lint: --help explains itself with status 0") {
    auto const given = lint("--help");
    CHECK(given.status == 0);
    CHECK(has(given, "usage: hotswap-lint"));
    CHECK(has(given, "Exit status"));
}

TEST_CASE("hotswap-lint: called wrongly it shows its usage with status 2") {
    for (char const* const words : {"", "--quiet", "--nonsense"}) {
        auto const given = lint(words);
        CHECK(given.status == 2);
        CHECK(has(given, "usage: hotswap-lint"));
    }
    CHECK(has(lint("--nonsense"), "unknown option --nonsense"));
}

TEST_CASE(
    "hotswap-lint: --seal writes the digest into a module, keeps its mode, and leaves a sealed one as it "
    "is") {
    test::scratch const here;
    auto const file = here / "plain-1.0.0.so";
    test::write(file, test::unsealed(test::read(modules / "plain-1.0.0.so")));
    std::filesystem::permissions(file, std::filesystem::perms(0750));
    CHECK(has(lint(file.string()), "was never sealed"));
    auto const given = lint("--seal '" + file.string() + "'");
    CHECK(given.status == 0);
    CHECK_MESSAGE(has(given, ", sealed"), given.output);
    CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms(0750));
    CHECK(test::read(file) == test::read(modules / "plain-1.0.0.so"));
    auto const written = std::filesystem::last_write_time(file);
    CHECK(lint("--seal '" + file.string() + "'").status == 0);
    CHECK(std::filesystem::last_write_time(file) == written);
    CHECK(std::distance(std::filesystem::directory_iterator(here.path()), {}) == 1);
}

TEST_CASE("hotswap-lint: --seal fixes a module that was stripped after its build") {
    test::scratch const here;
    auto const file = here / "plain-1.0.0.so";
    std::filesystem::copy_file(modules / "plain_stripped_late-1.0.0.so", file);
    auto const before = lint("'" + file.string() + "'");
    CHECK(before.status == 1);
    CHECK(has(before, "refused (damaged_module)"));
    CHECK(lint("--seal '" + file.string() + "'").status == 0);
    CHECK(lint("'" + file.string() + "'").status == 0);
}

TEST_CASE("hotswap-lint: --seal refuses what is no module, and leaves it as it is") {
    test::scratch const here;
    test::write(here / "text.so", "#!/bin/sh");
    CHECK(has(lint("--seal '" + (here / "text.so").string() + "'"), "refused (not_elf)"));
    CHECK(test::read(here / "text.so").size() == 9);
}
