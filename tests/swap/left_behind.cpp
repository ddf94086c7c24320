// The remains of retired components in the process: code that may still be called stays mapped, and is named
// with the reason.
#include "module/command.hpp"
#include "swap/fixture.hpp"
#include "swap/leaving.hpp"
#include "transfer/failing_memory.hpp"

#include <hotswap/inspect.hpp>
#include <hotswap/json.hpp>

#include <algorithm>
#include <cstddef>
#include <new>

using namespace hotswap_test;

namespace {

struct what_is_left {
    std::string by;
    std::string named;  ///< in the report, or as the call that the lint names
};

std::vector<what_is_left> const untraced{{"key", "pthread_key_create"},
                                         {"key_deleted", "pthread_key_create"},
                                         {"tss", "tss_create"},
                                         {"on_exit", "on_exit"},
                                         {"variable", "putenv"}};

bool warns_of(fs::path const& module, std::string_view offender) {
    auto const said = hotswap::inspect(module).value();
    return std::any_of(said.findings.begin(), said.findings.end(), [offender](hotswap::finding const& each) {
        return each.severity == hotswap::severity::warn && each.offender == offender;
    });
}

}  // namespace

TEST_CASE("left behind: code that can have left what no one can find stays mapped, and the call is named") {
    for (auto const& [by, call] : untraced) {
        INFO("left by: " << by);
        auto const said = run_leaving_host(by);
        CHECK_MESSAGE(said.status == 0, said.output);
        CHECK_MESSAGE(
            said.has("swap: leaver_" + by + "-1.0.0.so retained, held by: it calls " + call + ", whose"),
            said.output);
        CHECK(said.has("status: retained leaver_" + by + "-1.0.0.so: it calls " + call));
        CHECK(said.has("called\n") == (by != "key_deleted"));
    }
}

TEST_CASE(
    "left behind: a handler in old code keeps it mapped, is named, and lets it go once it is taken back") {
    std::vector<what_is_left> const handlers{{"signal", "SIGUSR1's handler"},
                                             {"sigaction", "SIGRTMIN+3's handler"},
                                             {"terminate", "the terminate handler"},
                                             {"new_handler", "the new handler"},
                                             {"resource", "the default memory resource"}};
    for (auto const& [by, name] : handlers) {
        INFO("left by: " << by);
        auto const said = run_leaving_host(by);
        CHECK_MESSAGE(said.status == 0, said.output);
        CHECK_MESSAGE(said.has("swap: leaver_" + by + "-1.0.0.so retained, held by: " + name + " is in it\n"),
                      said.output);
        CHECK(said.has("status: retained leaver_" + by + "-1.0.0.so: " + name + " is in it;"));
        CHECK(said.has(by == "resource" ? "false\n" : "called\n"));
        CHECK(said.output.rfind("status: retained nothing;") > said.output.find("status: retained leaver_"));
        CHECK(said.output.rfind("status: retained nothing;") != std::string::npos);
    }
    CHECK(run_leaving_host("timer_early").has("retained, held by: it calls timer_create, whose"));
    CHECK(run_leaving_host("unexpected").has("retained, held by: the unexpected handler is in it\n"));
}

TEST_CASE("left behind: a handler that a refused module set when it was loaded keeps its code mapped") {
    auto const said = run_leaving_host("signal_on_load", "refused");
    CHECK_MESSAGE(said.status == 0, said.output);
    CHECK(said.has("refused: true\n"));
    CHECK(said.has("called\n"));
}

TEST_CASE("left behind: a handler keeps the code of a component mapped that is unloaded and forgotten") {
    auto const said = run_leaving_host("signal", "unload");
    CHECK_MESSAGE(said.status == 0, said.output);
    CHECK(said.has("unload: leaver_signal-1.0.0.so retained, held by: SIGUSR1's handler is in it\n"));
    CHECK(said.has("called\n"));
}

TEST_CASE("left behind: what the C library ties to the module does not keep it mapped") {
    for (std::string const by : {"atexit", "at_quick_exit", "atfork"}) {
        INFO("left by: " << by);
        auto const said = run_leaving_host(by);
        CHECK_MESSAGE(said.status == 0, said.output);
        CHECK_MESSAGE(said.has("swap: leaver_" + by + "-1.0.0.so unmapped\n"), said.output);
    }
}

TEST_CASE("left behind: lint warns of each call that can leave something, and names it as the offender") {
    auto calls = untraced;
    calls.insert(calls.end(), {{"signal", "signal"},
                               {"sigaction", "sigaction"},
                               {"terminate", "std::set_terminate"},
                               {"unexpected", "std::set_unexpected"},
                               {"new_handler", "std::set_new_handler"},
                               {"resource", "std::pmr::set_default_resource"}});
    for (auto const& [by, call] : calls) CHECK_MESSAGE(warns_of(built("leaver_" + by, "1.0.0"), call), by);
    for (std::string const by : {"atexit", "at_quick_exit", "atfork"})
        CHECK_MESSAGE(hotswap::inspect(built("leaver_" + by, "1.0.0")).value().findings.empty(), by);
}

TEST_CASE("left behind: a status that runs out of memory, wherever it does, forgets no old code") {
    site at;
    static_cast<void>(at.load<leaver>("leaver", built("leaver_key", "1.0.0")));
    at.swap("leaver", built("leaver_tss", "1.0.0"));
    at.swap("leaver", built("leaver", "2.0.0"));
    bool has_failed = true;
    for (std::size_t n = 1; has_failed; ++n) {
        failing_allocation const fault(n);
        try {
            static_cast<void>(at.runtime.status());
        } catch (std::bad_alloc const&) {
        }
        has_failed = fault.has_failed();
    }
    CHECK(names(at.status("leaver").retained, {"leaver_key-1.0.0.so", "leaver_tss-1.0.0.so"}));
}

TEST_CASE("left behind: a plan says what would keep the new module mapped when it is retired") {
    site at;
    static_cast<void>(at.load<leaver>("leaver", built("leaver", "2.0.0")));
    auto const plan = at.runtime.plan("leaver", {.module = built("leaver_key", "1.0.0")}).value();
    CHECK(plan.blockers.empty());
    REQUIRE(plan.keeps_mapped.size() == 1);
    CHECK(names(plan.keeps_mapped.front(), {"pthread_key_create"}));
    CHECK(names(to_string(plan), {"would stay mapped when it is retired: it calls pthread_key_create"}));
    CHECK(names(to_json(plan), {R"("keeps_mapped":["it calls pthread_key_create)"}));
    CHECK(at.runtime.plan("leaver", {.module = built("leaver", "2.0.0")}).value().keeps_mapped.empty());
}
