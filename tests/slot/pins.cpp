// host.pin(): keeps code that a component's own threads need longer than the component.
#include "slot/fixtures/worker.hpp"
#include "slot/waiting.hpp"

#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

using hotswap::module_pin;
using hotswap::unload_verdict;
using test::worker;

namespace {

std::filesystem::path const modules = HOTSWAP_TEST_MODULES "/slot";

bool is_mapped(std::string_view name) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (line.find(name) != line.npos) return true;
    return false;
}

struct host {
    hotswap::runtime runtime{
        {.modules = modules, .log_to_stderr = false, .rehearse = hotswap::rehearse::never}};
    hotswap::handle<worker> it = runtime.load<worker>("it", {.module = modules / "worker-1.0.0.so"}).value();

    hotswap::swap_report swap(char const* file) {
        return runtime.swap("it", {.module = modules / file, .even_if_unchanged = true}).value();
    }
    std::string retained() { return runtime.status().at(0).retained; }
};

}  // namespace

TEST_CASE(
    "pin: it keeps the code mapped and the report names it, and once it is gone a look at the status "
    "unmaps") {
    host h;
    std::optional<module_pin> held(h.it->pin());
    auto const report = h.swap("worker-2.0.0.so");
    CHECK(report.unload.verdict == unload_verdict::retained);
    CHECK_MESSAGE(report.unload.reason == "1 host.pin() token", report.unload.reason);
    CHECK(h.it->release() == "2.0.0");
    CHECK_MESSAGE(h.retained() == "worker-1.0.0.so: 1 host.pin() token", h.retained());
    CHECK(is_mapped("-worker-1.0.0.so"));
    held.reset();
    CHECK(h.retained().empty());
    CHECK_FALSE(is_mapped("-worker-1.0.0.so"));
}

TEST_CASE("pin: once it is gone the next swap unmaps the code, too") {
    host h;
    std::optional<module_pin> held(h.it->pin());
    CHECK(h.swap("worker-2.0.0.so").unload.verdict == unload_verdict::retained);
    CHECK(is_mapped("-worker-1.0.0.so"));
    held.reset();
    CHECK(h.swap("worker-2.0.0.so").unload.verdict == unload_verdict::unmapped);
    CHECK_FALSE(is_mapped("-worker-1.0.0.so"));
}

TEST_CASE("pin: several are counted, moved ones once") {
    host h;
    std::vector<module_pin> held;
    held.push_back(h.it->pin());
    held.push_back(h.it->pin());
    held.push_back(std::move(held.front()));
    CHECK(h.swap("worker-2.0.0.so").unload.reason == "2 host.pin() tokens");
    held.pop_back();
    CHECK(h.retained() == "worker-1.0.0.so: 1 host.pin() token");
    held.clear();
    CHECK(h.retained().empty());
}

TEST_CASE("pin: one that is given back before the swap holds nothing") {
    host h;
    { auto const held = h.it->pin(); }
    CHECK(h.swap("worker-2.0.0.so").unload.verdict == unload_verdict::unmapped);
}

TEST_CASE(
    "pin: after a restore, which runs the same module on, the pinned module is unmapped once neither needs "
    "it") {
    host h;
    std::optional<module_pin> held(h.it->pin());
    auto const frame = h.runtime.snapshot("it").value();
    REQUIRE(h.runtime.restore("it", frame).has_value());
    CHECK(h.it->release() == "1.0.0");
    auto const report = h.swap("worker-2.0.0.so");
    CHECK(report.unload.verdict == unload_verdict::retained);
    CHECK(report.unload.reason.find("host.pin()") != std::string::npos);
    held.reset();
    CHECK(h.retained().empty());
    CHECK_FALSE(is_mapped("-worker-1.0.0.so"));
}

TEST_CASE("pin: an unload with a pin out is retained, and the pin may be given back later") {
    host h;
    std::optional<module_pin> held(h.it->pin());
    auto const report = h.runtime.unload("it").value();
    CHECK(report.verdict == unload_verdict::retained);
    CHECK(report.reason == "1 host.pin() token");
    CHECK(is_mapped("-worker-1.0.0.so"));
    held.reset();
}

TEST_CASE("pin: one that outlives the runtime keeps its code mapped and may be given back") {
    // In a separate process, because the pinned module is never freed.
    int const status = test::in_child([] {
        std::optional<module_pin> held;
        {
            host h;
            held.emplace(h.it->pin());
        }
        if (!is_mapped("-worker-1.0.0.so")) _exit(2);
        held.reset();
    });
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
