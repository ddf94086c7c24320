// Modules with static thread-local memory; a process has little of it.
#include "module/static_block.hpp"

#include "module/command.hpp"
#include "module/files.hpp"

#include <hotswap/inspect.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using hotswap::detail::static_block;
using test::modules;

namespace {

/// Runs a host that loads one release, swaps to the other one and back `count` times, and then takes `steps`.
test::answer swapped(int count, std::string const& steps, std::string const& environment = {}) {
    test::scratch const here;
    std::string words = "'" + here.path().string() + "' ";
    auto const turn_to = [&words](int release) {
        words += "'" + (modules / ("static_block-" + std::to_string(release) + ".0.0.so")).string() + "' ";
    };
    turn_to(1);
    words += "load ";
    for (int i = 0; i != count; ++i) {
        turn_to(2 - i % 2);
        words += "swap_unrehearsed ";
    }
    return test::run_command(environment + " '" HOTSWAP_TEST_RUNTIME_HOST "'", words + steps);
}

}  // namespace

TEST_CASE("static TLS: lint says how many bytes each load takes, and how often that goes") {
    auto const given =
        test::run_command(HOTSWAP_TEST_LINT, "'" + (modules / "static_block-1.0.0.so").string() + "'");
    CHECK(given.status == 0);
    CHECK_MESSAGE(
        given.has("64 bytes of static TLS, which each load takes: it can be swapped about 25 times"),
        given.output);
    CHECK(given.has("-ftls-model=global-dynamic"));
    auto const usual = hotswap::inspect(modules / "thread_local_plain-1.0.0.so").value();
    CHECK(usual.findings.empty());
}

TEST_CASE("static TLS: the status and the report warn of it, and the warning counts down") {
    auto const once = swapped(0, "status");
    CHECK_MESSAGE(once.has("status: static_block-1.0.0.so has 64 bytes of static TLS"), once.output);
    CHECK(once.has("room for about 26 loads, this one included"));
    auto const thrice = swapped(2, "status");
    CHECK_MESSAGE(thrice.has("room for about 24 loads"), thrice.output);
}

TEST_CASE(
    "static TLS: a swap that would take the room of the way back is refused by plan and swap, and the revert "
    "succeeds") {
    auto const given = swapped(40, "plan swap status revert ask");
    CHECK(given.status == 0);
    for (char const* const step : {"plan", "swap", "swap_unrehearsed"})
        CHECK_MESSAGE(given.has(std::string("\n") + step +
                                ": load_failed: static_block-1.0.0.so takes 64 bytes of static TLS, "
                                "and this process would then lack the 64 bytes that a revert needs"),
                      given.output);
    CHECK(given.has("GLIBC_TUNABLES=glibc.rtld.optional_static_tls="));
    CHECK_MESSAGE(given.has("room for about 2 loads, this one included"), given.output);
    CHECK_MESSAGE(given.has("revert: done\nask: 2\nalive"), given.output);
}

TEST_CASE(
    "static TLS: when there is none left the linker's refusal is reported by its cause, and plan and swap "
    "say "
    "the same from then on") {
    auto const given = swapped(40, "revert revert plan swap ask");
    CHECK(given.status == 0);
    CHECK_MESSAGE(given.has("revert: load_failed: the dynamic linker refused static_block-1.0.0.so: "),
                  given.output);
    CHECK_MESSAGE(given.has("static TLS block; compile it, and the libraries that are linked to it, with "
                            "-ftls-model=global-dynamic"),
                  given.output);
    CHECK_FALSE(given.has("runtime_options::staging"));
    for (char const* const step : {"plan", "swap"})
        CHECK_MESSAGE(given.has(std::string("\n") + step +
                                ": load_failed: static_block-1.0.0.so needs 64 bytes of static "
                                "TLS, and this process does not have as many left"),
                      given.output);
    CHECK(given.has("alive"));
}

TEST_CASE("static TLS: the tunable that the refusal names makes room") {
    auto const given = swapped(40, "ask", "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384");
    CHECK_MESSAGE(!given.has("load_failed"), given.output);
    CHECK(given.has("alive"));
}

TEST_CASE("static TLS: a library that a module brings is named with what it takes") {
    auto const said = hotswap::inspect(modules / "private_user-3.0.0.so").value();
    bool const is_named =
        std::any_of(said.findings.begin(), said.findings.end(), [](hotswap::finding const& f) {
            return f.offender == "libhotswap_test_private.so.1" &&
                   f.message.find("takes 32 bytes of static TLS each time that it is loaded") !=
                       std::string::npos;
        });
    CHECK(is_named);
    CHECK(said.refusal() == nullptr);
}

TEST_CASE("static TLS: what is unloaded gives its room back only if nothing was loaded after it") {
    static_block block(1000);
    int const owners[3] = {};
    CHECK(block.loads_left(100) == 10);
    for (int const& each : owners) block.took(&each, 100);
    CHECK(block.loads_left(100) == 7);
    block.gave_back(&owners[0]);
    CHECK(block.loads_left(100) == 7);
    block.gave_back(&owners[2]);
    CHECK(block.loads_left(100) == 8);
    block.refused(200);
    CHECK(block.is_known_to_refuse(200));
    CHECK_FALSE(block.is_known_to_refuse(100));
    block.gave_back(&owners[1]);
    CHECK_FALSE(block.is_known_to_refuse(200));
}
