// The choice of a family's file: one grammar for names, macro and CMake, pre-releases on request, and a
// message for each file that is passed over.
#include "module/release.hpp"

#include "module/command.hpp"
#include "module/files.hpp"
#include "module/fixtures/probe.hpp"

#include <hotswap/detail/sdk/descriptor_of.hpp>
#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

using hotswap::errc;
using hotswap::runtime;
using hotswap::detail::newest_module;
using hotswap::detail::release;
using test::modules;
using test::probe;
using test::refusal;
using test::scratch;

namespace {

namespace fs = std::filesystem;

fs::path const list = HOTSWAP_TEST_DIR "/module/releases.txt";

/// A host whose modules directory has these files, each a copy of a module.
struct host {
    explicit host(std::initializer_list<std::pair<char const*, char const*>> files) {
        for (auto const& [name, module] : files) add(name, module);
        runtime.subscribe([this](hotswap::event const& e) { events.push_back(e.message); }).detach();
    }
    void add(char const* name, char const* module) { fs::copy_file(modules / module, here / name); }

    std::string taken() {
        auto const all = runtime.status();
        return all.empty() ? "none" : all.front().module.filename().string();
    }
    /// The number of events that name the file as passed over.
    long passed_over(std::string const& words) const {
        return std::count_if(events.begin(), events.end(), [&words](std::string const& each) {
            return each.find("passed over: " + words) != each.npos;
        });
    }

    scratch here;
    scratch stage;
    std::vector<std::string> events;
    hotswap::runtime runtime{{.modules = here.path(),
                              .staging = stage.path(),
                              .log_to_stderr = false,
                              .rehearse = hotswap::rehearse::never}};
};

bool has(std::vector<std::string> const& texts, std::string_view words) {
    return std::any_of(texts.begin(), texts.end(),
                       [words](std::string const& each) { return each.find(words) != each.npos; });
}

}  // namespace

TEST_CASE("releases: names of files, the macro and CMake take the same texts") {
    std::ifstream in(list);
    int count = 0;
    for (std::string line; std::getline(in, line);) {
        auto const space = line.find(' ');
        auto const kind = line.substr(0, space);
        if (kind != "yes" && kind != "no") continue;
        ++count;
        auto const text = line.substr(space + 1);
        INFO(text);
        CHECK(release::parse(text).has_value() == (kind == "yes"));
        CHECK((hotswap::sdk::is_release(text) && hotswap::sdk::fits_descriptor(text)) == (kind == "yes"));
        CHECK((hotswap::detail::release_in_name("cache-" + text + ".so") == text) == (kind == "yes"));
    }
    CHECK(count > 40);
    auto const given =
        test::run_command("'" HOTSWAP_TEST_CMAKE "'",
                          "-DMODULE='" HOTSWAP_SOURCE_DIR "/cmake/hotswap_add_component.cmake' -DLIST='" +
                              list.string() + "' -P '" HOTSWAP_TEST_DIR "/module/releases.cmake'");
    CHECK_MESSAGE(given.status == 0, given.output);
}

TEST_CASE(
    "releases: a component may be built as a pre-release, with build metadata, and with a date in its "
    "number") {
    for (char const* const text : {"1.0.0-rc.1", "1.0.0+build.10", "1.0.20260115123", "1.1.0-1-gdeadbee"}) {
        auto const said = hotswap::inspect(modules / ("early-" + std::string(text) + ".so")).value();
        CHECK(said.release == text);
        CHECK_MESSAGE(said.findings.empty(), said.findings.front().message);
    }
}

TEST_CASE("releases: build metadata decides between files of one release, number by number") {
    host h{{"early-1.0.0+build.9.so", "early-1.0.0+build.9.so"}};
    REQUIRE(h.runtime.load<probe>("early").has_value());
    h.add("early-1.0.0+build.10.so", "early-1.0.0+build.10.so");
    auto const report = h.runtime.swap("early").value();
    CHECK(report.to.release == "1.0.0+build.10");
    CHECK(h.taken() == "early-1.0.0+build.10.so");
}

TEST_CASE("releases: a pre-release is taken only when it is asked for, and said to be passed over once") {
    host h{{"early-1.0.0+build.9.so", "early-1.0.0+build.9.so"}};
    REQUIRE(h.runtime.load<probe>("early").has_value());
    h.add("early-1.1.0-1-gdeadbee.so", "early-1.1.0-1-gdeadbee.so");
    h.add("early-1.0.0-rc.1.so", "early-1.0.0-rc.1.so");  // older than the chosen file: not mentioned
    for (int i = 0; i != 2; ++i) {
        auto const plan = h.runtime.plan("early").value();
        CHECK(plan.to.release == "1.0.0+build.9");
        CHECK(has(plan.warnings, "passed over: early-1.1.0-1-gdeadbee.so, which is a pre-release"));
        CHECK_FALSE(has(plan.warnings, "early-1.0.0-rc.1.so"));
    }
    CHECK(h.passed_over("early-1.1.0-1-gdeadbee.so") == 1);
    auto const plan = h.runtime.plan("early", {.pre_releases = true}).value();
    CHECK(plan.to.release == "1.1.0-1-gdeadbee");
    CHECK(has(plan.warnings, "1.1.0-1-gdeadbee is a pre-release"));
    REQUIRE(h.runtime.swap("early", {.pre_releases = true}).has_value());
    CHECK(h.taken() == "early-1.1.0-1-gdeadbee.so");
}

TEST_CASE("releases: where a pre-release runs, or is named, the next one is taken") {
    host h{{"early-1.0.0-rc.1.so", "early-1.0.0-rc.1.so"}};
    auto const why = refusal(h.runtime.load<probe>("early"));
    CHECK(why.code == errc::no_such_file);
    CHECK_SAYS(why, "only pre-releases");
    CHECK_SAYS(why, "early-1.0.0-rc.1.so");
    CHECK_SAYS(why, "pre_releases");
    REQUIRE(h.runtime.load<probe>("early", {.module = "early-1.0.0-rc.1.so"}).has_value());
    h.add("early-1.0.0-rc.2.so", "early-1.0.0-rc.2.so");
    REQUIRE(h.runtime.swap("early").has_value());
    CHECK(h.taken() == "early-1.0.0-rc.2.so");
    h.add("early-1.0.0+build.9.so", "early-1.0.0+build.9.so");
    REQUIRE(h.runtime.swap("early").has_value());
    CHECK(h.taken() == "early-1.0.0+build.9.so");
    host other{{"early-1.0.0-rc.1.so", "early-1.0.0-rc.1.so"}};
    CHECK(other.runtime.load<probe>("early", {.pre_releases = true}).has_value());
}

TEST_CASE("releases: a file that was meant to be of the family, and is named otherwise, is said once") {
    host h{{"early-1.0.0+build.9.so", "early-1.0.0+build.9.so"},
           {"early-v2.0.0.so", "early-1.0.0+build.9.so"},
           {"early-2.0.so", "early-1.0.0+build.9.so"},
           {"early-1.2.3.4.so", "early-1.0.0+build.9.so"},
           {"Early-3.0.0.so", "early-1.0.0+build.9.so"},
           {"early-3.0.0.SO", "early-1.0.0+build.9.so"},
           {"early-extra-9.0.0.so", "early-1.0.0+build.9.so"},
           {"early-9.0.0.so.bak", "early-1.0.0+build.9.so"}};
    REQUIRE(h.runtime.load<probe>("early").has_value());
    CHECK(h.taken() == "early-1.0.0+build.9.so");
    auto const plan = h.runtime.plan("early").value();
    for (char const* const name :
         {"early-v2.0.0.so", "early-2.0.so", "early-1.2.3.4.so", "Early-3.0.0.so", "early-3.0.0.SO"}) {
        INFO(name);
        CHECK(h.passed_over(name) == 1);
        CHECK(has(plan.warnings, std::string("passed over: ") + name));
    }
    CHECK(h.passed_over("") == 5);
}

TEST_CASE(
    "releases: a file whose descriptor says another release than its name is warned of, in plan and status") {
    host h{{"early-9.0.0.so", "early-1.0.0+build.9.so"}};
    auto const words = "early-9.0.0.so is release 9.0.0 by its name and 1.0.0+build.9 by its descriptor";
    REQUIRE(h.runtime.load<probe>("early").has_value());
    CHECK(has(h.runtime.status().front().warnings, words));
    CHECK(has(h.runtime.plan("early").value().warnings, words));
    CHECK(has(h.events, words));
    CHECK(has(h.runtime.swap("early", {.module = "early-9.0.0.so"}).value().warnings, words));
}

TEST_CASE("releases: a plan notes that a step leads down") {
    host h{{"early-1.0.0+build.10.so", "early-1.0.0+build.10.so"}};
    REQUIRE(h.runtime.load<probe>("early").has_value());
    fs::remove(h.here / "early-1.0.0+build.10.so");
    h.add("early-1.0.0+build.9.so", "early-1.0.0+build.9.so");
    auto const plan = h.runtime.plan("early").value();
    CHECK(has(plan.warnings, "1.0.0+build.9 is older than 1.0.0+build.10, which is running: a downgrade"));
    h.add("early-1.0.20260115123.so", "early-1.0.20260115123.so");
    CHECK_FALSE(has(h.runtime.plan("early").value().warnings, ": a downgrade"));
}
