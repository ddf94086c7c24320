// Modules that bring a second runtime, of a sanitizer or of C++, although a process can have only one.
#include "module/altered.hpp"
#include "module/command.hpp"
#include "module/files.hpp"

#include <hotswap/inspect.hpp>

#include <doctest/doctest.h>

#include <initializer_list>

using hotswap::finding;
using hotswap::inspection;
using hotswap::severity;
using test::modules;

namespace {

inspection inspected(char const* module, bool as_host = true) {
    return hotswap::inspect(modules / module, {.as_host = as_host}).value();
}

bool has(std::string const& text, std::string_view words) { return text.find(words) != text.npos; }

void check_refused(char const* module, std::initializer_list<std::string_view> message,
                   std::string_view remedy) {
    INFO(module);
    auto const said = inspected(module);
    auto const* const refused = said.refusal();
    REQUIRE(refused != nullptr);
    CHECK_MESSAGE(refused->code == hotswap::errc::lint_refused, refused->message);
    for (std::string_view const words : message)
        CHECK_MESSAGE(has(refused->message, words), refused->message);
    CHECK_MESSAGE(has(refused->remedy, remedy), refused->remedy);
}

test::answer lint(char const* module) {
    return test::run_command(HOTSWAP_TEST_LINT, "'" + (modules / module).string() + "'");
}

/// Runs a host that takes these steps with the module.
test::answer host(char const* program, std::filesystem::path const& directory, char const* module,
                  std::string const& steps) {
    return test::run_command(program,
                             "'" + directory.string() + "' '" + (modules / module).string() + "' " + steps);
}

}  // namespace

TEST_CASE("runtimes: a module with a C++ runtime within it is refused, by the host and by lint") {
    for (char const* const module :
         {"own_runtime-1.0.0.so", "own_runtime_stripped-1.0.0.so", "own_library-1.0.0.so"}) {
        check_refused(module, {module, "its own C++ runtime", "-static-libstdc++", "this process has /"},
                      "without -static-libstdc++");
        auto const given = lint(module);
        CHECK(given.status == 1);
        CHECK_MESSAGE(given.has("its own C++ runtime"), given.output);
    }
}

TEST_CASE("runtimes: a module with an unwinder within it is refused") {
    check_refused("own_unwinder-1.0.0.so", {"-static-libgcc"}, "-static-libgcc");
    CHECK(lint("own_unwinder-1.0.0.so").status == 1);
}

TEST_CASE("runtimes: a module that brings another C++ library than the host's is refused") {
    test::scratch const here;
    auto file = test::unsealed(test::read(modules / "plain-1.0.0.so"));
    test::overwrite(file, "libgcc_s.so.1", "libc++.so.1");
    test::write(here / "plain-1.0.0.so", file);
    auto const said = hotswap::inspect(here / "plain-1.0.0.so").value();
    REQUIRE(said.refusal() != nullptr);
    CHECK(said.refusal()->offender == "libc++.so.1");
    CHECK_MESSAGE(has(said.refusal()->message, "and this process has /"), said.refusal()->message);
    CHECK(hotswap::inspect(here / "plain-1.0.0.so", {.as_host = false}).value().refusal() == nullptr);
}

TEST_CASE("runtimes: a module that uses the process's C++ runtime is not refused") {
    for (char const* const module :
         {"linked_right-1.0.0.so", "plain-1.0.0.so", "archived-1.0.0.so", "plain_lto-1.0.0.so"})
        CHECK_MESSAGE(inspected(module).refusal() == nullptr, module);
}

TEST_CASE(
    "runtimes: an own C++ runtime is refused by load, swap and plan, and the exception of a right module is "
    "caught") {
    test::scratch const here;
    auto const wrong = host(HOTSWAP_TEST_RUNTIME_HOST, here / "wrong", "own_runtime-1.0.0.so", "load throw");
    CHECK(wrong.status == 0);
    CHECK_MESSAGE(wrong.has("load: lint_refused: own_runtime-1.0.0.so contains its own C++ runtime"),
                  wrong.output);
    CHECK(wrong.has("alive"));
    auto const right = host(HOTSWAP_TEST_RUNTIME_HOST, here / "right", "linked_right-1.0.0.so",
                            "load throw swap throw plan");
    CHECK_MESSAGE(
        right.output ==
            "load: done\nthrow: caught asked for\nswap: done\nthrow: caught asked for\nplan: done\nalive\n",
        right.output);
}

#if defined(HOTSWAP_TEST_SANITIZED_HOST)
TEST_CASE("sanitizers: a module of the address sanitizer is refused by a host without, which goes on") {
    check_refused("sanitized_address-1.0.0.so",
                  {"sanitized_address-1.0.0.so", "libasan.so", "-fsanitize=address",
                   "this process is not built with it"},
                  "-fsanitize=address");
    test::scratch const here;
    auto const given = host(HOTSWAP_TEST_RUNTIME_HOST, here.path(), "sanitized_address-1.0.0.so", "load");
    CHECK(given.status == 0);
    CHECK_MESSAGE(
        given.has("load: lint_refused: sanitized_address-1.0.0.so needs the runtime of -fsanitize=address"),
        given.output);
    CHECK(given.has("alive"));
}

TEST_CASE("sanitizers: swap, rehearsed or not, and plan refuse such a module in the same words") {
    test::scratch const here;
    auto const loaded = host(HOTSWAP_TEST_RUNTIME_HOST, here.path(), "linked_right-1.0.0.so", "load ask");
    REQUIRE_MESSAGE(loaded.has("ask: 1\n"), loaded.output);
    auto const given = host(HOTSWAP_TEST_RUNTIME_HOST, here.path(), "sanitized_address-1.0.0.so",
                            "recover swap swap_unrehearsed plan ask");
    CHECK(given.status == 0);
    for (char const* const step : {"swap", "swap_unrehearsed", "plan"})
        CHECK_MESSAGE(
            given.has(std::string(step) +
                      ": lint_refused: sanitized_address-1.0.0.so needs the runtime of -fsanitize=address"),
            given.output);
    CHECK_MESSAGE(given.has("ask: 2\nalive"), given.output);
}

TEST_CASE(
    "sanitizers: a module whose runtime the host is to have is refused as such, not as a missing symbol") {
    check_refused("sanitized_unlinked-1.0.0.so", {"__asan_", "-fsanitize=address"}, "-fsanitize=address");
    for (finding const& each : inspected("sanitized_unlinked-1.0.0.so").findings)
        CHECK_MESSAGE(!has(each.message, "undefined symbol"), each.message);
}

TEST_CASE("sanitizers: hotswap-lint warns of them, because a host may be built so") {
    for (char const* const module : {"sanitized_address-1.0.0.so", "sanitized_unlinked-1.0.0.so"}) {
        auto const given = lint(module);
        CHECK_MESSAGE(given.status == 0, given.output);
        CHECK_MESSAGE(given.has("only a host that was built with it can load the module"), given.output);
    }
}

TEST_CASE("sanitizers: that of undefined behaviour needs nothing of the host") {
    CHECK(inspected("sanitized_undefined-1.0.0.so").refusal() == nullptr);
    test::scratch const here;
    auto const given =
        host(HOTSWAP_TEST_RUNTIME_HOST, here.path(), "sanitized_undefined-1.0.0.so", "load ask throw");
    CHECK_MESSAGE(given.has("load: done\nask: 1\nthrow: caught asked for\nalive"), given.output);
}

TEST_CASE(
    "sanitizers: a host with one takes modules with it and without, and a host without refuses to recover "
    "the former") {
    test::scratch const here;
    auto const loaded = host(HOTSWAP_TEST_SANITIZED_HOST, here.path(), "sanitized_address-1.0.0.so",
                             "load ask throw swap ask");
    CHECK_MESSAGE(loaded.has("load: done\nask: 1\nthrow: caught asked for\nswap: done\nask: 3\nalive"),
                  loaded.output);
    auto const plain = host(HOTSWAP_TEST_RUNTIME_HOST, here.path(), "linked_right-1.0.0.so", "recover");
    CHECK(plain.status == 0);
    CHECK_MESSAGE(plain.has("recover: lint_refused: "), plain.output);
    CHECK_MESSAGE(plain.has("this process is not built with it"), plain.output);
    CHECK(plain.has("alive"));
    auto const back = host(HOTSWAP_TEST_SANITIZED_HOST, here.path(), "linked_right-1.0.0.so",
                           "recover ask swap_unrehearsed ask");
    CHECK_MESSAGE(back.has("recover: done\nask: 4\nswap_unrehearsed: done\nask: 5\nalive"), back.output);
}
#endif

#if defined(HOTSWAP_TEST_THREAD_SANITIZER)
TEST_CASE(
    "sanitizers: a module of the thread sanitizer is refused for what it is, not for memory of the linker") {
    check_refused("sanitized_thread-1.0.0.so", {"libtsan.so", "-fsanitize=thread"}, "-fsanitize=thread");
}
#endif
