#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/patient.hpp"

#include <pthread.h>

#include <atomic>
#include <fstream>
#include <future>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;
using hotswap::unload_verdict;

namespace {

fs::path const first = built("patient", "1.0.0");
fs::path const second = built("patient", "2.0.0");
constexpr auto for_ever = std::chrono::hours(1);

/// A patient of release 1.0.0 with one visit.
struct ward : site {
    explicit ward(fs::path const& modules = fs::path(HOTSWAP_TEST_MODULES) / "swap") : site(modules) {
        it->visit("a");
    }

    hotswap::swap_report put_on_probation(fs::path const& module, hotswap::probation terms = {}) {
        if (terms.duration == 0ns) terms.duration = for_ever;
        terms.interval = 1ms;
        return swap("patient", module, {.probation = terms});
    }
    bool is_sent_back() {
        return test::eventually([this] { return status("patient").rolled_back.has_value(); });
    }
    std::string why() { return status("patient").rolled_back.value().message; }

    hotswap::handle<patient> it = load<patient>("patient", first);
};

std::vector<std::pair<std::uintptr_t, std::uintptr_t>> mapped_ranges() {
    std::vector<std::pair<std::uintptr_t, std::uintptr_t>> ranges;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::size_t end = 0;
        auto const first = std::stoull(line, &end, 16);
        ranges.emplace_back(first, std::stoull(line.substr(end + 1), nullptr, 16));
    }
    return ranges;
}

std::size_t default_stack_size() {
    pthread_attr_t attributes;
    std::size_t size = 0;
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_getstacksize(&attributes, &size) == 0);
    pthread_attr_destroy(&attributes);
    return size;
}

}  // namespace

TEST_CASE("probation: a well generation passes, and the one before is retired with proof") {
    ward at;
    auto const report = at.put_on_probation(second, {.duration = 5ms});
    CHECK(report.unload.verdict == unload_verdict::standby);
    CHECK(report.unload.module == "patient-1.0.0.so");
    at.it->visit("a");
    REQUIRE(test::eventually([&at] { return !at.status("patient").on_probation; }));
    CHECK(at.it->code() == "patient 2.0.0");
    CHECK(at.it->visits("a") == 2);
    CHECK(mappings_below(at.directory.path()) > 0);
    CHECK_FALSE(at.status("patient").rolled_back.has_value());
    CHECK(at.status("patient").retained.empty());
    std::size_t old_mappings = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (line.find("patient-1.0.0.so") != line.npos) ++old_mappings;
    CHECK(old_mappings == 0);
    at.swap("patient", first);
    CHECK(at.it->visits("a") == 2);
}

TEST_CASE("probation: a component whose healthy() says no goes back, and what was written since is kept") {
    ward at;
    at.put_on_probation(second);
    CHECK(at.status("patient").on_probation);
    at.it->visit("a");
    at.it->visit("b");
    at.it->fall_ill(false);
    REQUIRE(at.is_sent_back());
    CHECK(at.it->code() == "patient 1.0.0");
    CHECK(at.it->visits("a") == 2);
    CHECK(at.it->visits("b") == 1);
    auto const status = at.status("patient");
    CHECK(status.rolled_back->code == errc::rolled_back);
    CHECK(status.rolled_back->phase == phase::probation);
    CHECK(names(status.rolled_back->message, {"patient-2.0.0.so", "healthy()", "1.0.0 serves"}));
    CHECK_FALSE(status.on_probation);
    CHECK(status.retained.empty());
}

TEST_CASE("probation: each of the other ways to fail sends the generation back, and says which it was") {
    ward at;
    std::atomic<bool> wrong{false};
    SUBCASE("healthy() throws") {
        at.put_on_probation(second);
        at.it->fall_ill(true);
        REQUIRE(at.is_sent_back());
        CHECK(names(at.why(), {"healthy() threw", "there is no doctor"}));
    }
    SUBCASE("the host's check objects") {
        at.put_on_probation(second, {.check = [&] { return wrong ? "the error page is up" : ""; }});
        CHECK(at.status("patient").on_probation);
        wrong = true;
        REQUIRE(at.is_sent_back());
        CHECK(names(at.why(), {"host's check", "the error page is up"}));
    }
    SUBCASE("the host's check throws") {
        at.put_on_probation(second,
                            {.check = []() -> std::string { throw std::runtime_error("no database"); }});
        REQUIRE(at.is_sent_back());
        CHECK(names(at.why(), {"host's check threw", "no database"}));
    }
    SUBCASE("more calls than allowed end in an exception") {
        at.put_on_probation(second, {.max_errors = 1});
        CHECK_THROWS_AS(at.it->fail(), std::runtime_error);
        CHECK(at.status("patient").on_probation);
        CHECK_THROWS_AS(at.it.lease()->fail(), std::runtime_error);
        CHECK_THROWS_AS(
            {
                auto const held = at.it.lease();
                held->fail();
            },
            std::runtime_error);
        REQUIRE(at.is_sent_back());
        CHECK(names(at.why(), {"calls ended in an exception", "1 were allowed"}));
    }
    SUBCASE("calls take longer than allowed") {
        at.put_on_probation(second, {.max_mean_latency = 1ns});
        at.it->visit("b");
        REQUIRE(at.is_sent_back());
        CHECK(names(at.why(), {"on average", "1 ns were allowed"}));
    }
    CHECK(at.it->code() == "patient 1.0.0");
    CHECK(at.it->visits("a") == 1);
    at.swap("patient", first, {.even_if_unchanged = true});
    CHECK_FALSE(at.status("patient").rolled_back.has_value());
}

TEST_CASE(
    "probation: exceptions that are caught within the call are no errors, and limits that are kept pass") {
    ward at;
    at.put_on_probation(second,
                        {.duration = 20ms, .max_errors = 0, .max_mean_latency = std::chrono::seconds{30}});
    for (int i = 0; i != 100; ++i) at.it->visit("b");
    REQUIRE(test::eventually([&at] { return !at.status("patient").on_probation; }));
    CHECK(at.it->code() == "patient 2.0.0");
}

TEST_CASE(
    "probation: where there is no way back without loss, the new generation stays and the status says so") {
    ward at;
    std::string missing;
    fs::path module;
    SUBCASE("a lossy downgrade") {
        module = built("patient_lossy", "2.1.0");
        missing = "marked lossy";
    }
    SUBCASE("no downgrade") {
        module = built("patient_oneway", "2.2.0");
        missing = "can go back to version 2 at the oldest";
    }
    at.put_on_probation(module);
    at.it->visit("a");
    at.it->fall_ill(false);
    REQUIRE(at.is_sent_back());
    CHECK(names(at.why(), {"still serves", missing, "discard_writes"}));
    CHECK(at.it->visits("a") == 2);
    CHECK(at.status("patient").running.schema_version == 2);

    // The operator decides.
    auto const refused = at.runtime.revert("patient");
    REQUIRE(refused.has_error());
    CHECK(at.it->visits("a") == 2);
    auto const report = at.runtime.revert("patient", {.discard_writes = true}).value();
    CHECK(report.discarded.happened);
    CHECK(report.discarded.calls >= 3);
    CHECK(report.discarded.elements_now == 1);
    CHECK(report.discarded.elements_before == 1);
    CHECK(report.to.release == "1.0.0");
    CHECK(report.to.generation == 1);
    CHECK(names(to_string(report), {"writes discarded"}));
    CHECK(report.unload.verdict == unload_verdict::unmapped);
    CHECK(at.it->code() == "patient 1.0.0");
    CHECK(at.it->visits("a") == 1);
    CHECK(at.it->visit("a") == 2);
    at.swap("patient", second);
    CHECK(at.status("patient").running.generation == 3);
}

TEST_CASE("probation: with discard_writes the runtime itself goes back to the state before the swap") {
    ward at;
    at.put_on_probation(built("patient_oneway", "2.2.0"), {.discard_writes = true});
    for (int i = 0; i != 5; ++i) at.it->visit("b");
    at.it->fall_ill(false);
    REQUIRE(at.is_sent_back());
    CHECK(at.it->code() == "patient 1.0.0");
    CHECK(at.it->visits("b") == 0);
    CHECK(at.it->visits("a") == 1);
}

TEST_CASE("probation: writes are discarded only where there is no other way back") {
    ward at;
    at.put_on_probation(second, {.discard_writes = true});
    at.it->visit("a");
    at.it->fall_ill(false);
    REQUIRE(at.is_sent_back());
    CHECK(at.it->visits("a") == 2);
}

TEST_CASE(
    "probation: an operation that comes while a generation is sent back waits for that, and is not refused") {
    ward at;
    std::future<bool> meanwhile;
    std::atomic<bool> begun{false};
    at.runtime
        .subscribe([&](hotswap::event const& what) {
            if (what.operation != hotswap::operation::probation || begun.exchange(true)) return;
            meanwhile =
                std::async(std::launch::async, [&at] { return at.runtime.snapshot("patient").has_value(); });
            meanwhile.wait_for(20ms);  // the call is on its way, and the watch still runs
        })
        .detach();
    at.put_on_probation(second);
    at.it->fall_ill(false);
    REQUIRE(at.is_sent_back());
    REQUIRE(meanwhile.valid());
    CHECK(meanwhile.get());
}

TEST_CASE("revert: what a probation has sent back is not gone back to") {
    ward at;
    at.put_on_probation(second);
    at.it->fall_ill(false);
    REQUIRE(at.is_sent_back());
    auto const refused = at.runtime.revert("patient");
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::rolled_back);
    CHECK(names(refused.error().message, {"patient-2.0.0.so", "by its file's name"}));
    CHECK(at.it->code() == "patient 1.0.0");
}

TEST_CASE("probation: the threads of those that are over do not stay") {
    ward at;
    // The C library keeps the stacks of some threads that were joined, and of every one that was not.
    auto const stacks = [] {
        std::size_t count = 0;
        for (auto const& range : mapped_ranges())
            if (range.second - range.first == default_stack_size()) ++count;
        return count;
    };
    auto const before = stacks();
    for (int round = 0; round != 30; ++round) {
        at.put_on_probation(round % 2 == 0 ? second : first, {.duration = 1ms});
        REQUIRE(test::eventually([&at] { return !at.status("patient").on_probation; }));
    }
    CHECK(stacks() < before + 15);
}

TEST_CASE("probation: swap and restore are refused as busy meanwhile, plan and snapshot are not") {
    ward at;
    at.put_on_probation(second);
    auto const why = at.refusal("patient", first);
    CHECK(why.code == errc::busy);
    CHECK(why.old_serving);
    CHECK(names(why.message, {"patient-2.0.0.so", "on probation", "patient-1.0.0.so"}));
    auto const frame = at.snapshot("patient");
    CHECK(at.runtime.restore("patient", frame).error().code == errc::busy);
    CHECK(at.runtime.plan("patient").has_value());
    CHECK(at.status("patient").on_probation);
}

TEST_CASE("probation: revert() goes back at once, keeps what was written, and ends it") {
    ward at;
    at.put_on_probation(second);
    at.it->visit("a");
    auto const report = at.runtime.revert("patient").value();
    CHECK(report.to.release == "1.0.0");
    CHECK(report.unload.verdict == unload_verdict::unmapped);
    CHECK_FALSE(report.discarded.happened);
    CHECK(at.it->visits("a") == 2);
    CHECK_FALSE(at.status("patient").on_probation);
    CHECK_FALSE(at.status("patient").rolled_back.has_value());
    at.swap("patient", second);
    CHECK(at.it->visits("a") == 2);
}

TEST_CASE("revert: without a probation there is no state to discard writes for, and it is refused") {
    ward at;
    at.swap("patient", second);
    auto const refused = at.runtime.revert("patient", {.discard_writes = true});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::not_reversible);
    CHECK(names(refused.error().message, {"probation", "restore()"}));
    CHECK(at.it->code() == "patient 2.0.0");
}

TEST_CASE("probation: unload ends it, and leaves nothing of either generation") {
    ward at;
    at.put_on_probation(second);
    at.runtime.unload("patient").value();
    CHECK(at.mappings() == 0);
    CHECK(modules_below(at.directory.path()) == 0);
}

TEST_CASE("probation: a runtime that is destroyed meanwhile leaves nothing of either generation") {
    temporary_directory directory;
    {
        hotswap::runtime runtime({.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                  .staging = directory.path(),
                                  .log_to_stderr = false});
        auto const it = runtime.load<patient>("patient", {.module = first}).value();
        runtime.swap("patient", {.module = second, .probation = {.duration = for_ever}}).value();
        it->visit("a");
    }
    CHECK(mappings_below(directory.path()) == 0);
}

TEST_CASE("probation: the file that was sent back is tried again only by its name, or with other content") {
    temporary_directory modules;
    fs::copy_file(first, modules.path() / "patient-1.0.0.so");
    fs::copy_file(second, modules.path() / "patient-2.0.0.so");
    ward at(modules.path());
    at.put_on_probation("patient-2.0.0.so");
    at.it->fall_ill(false);
    REQUIRE(at.is_sent_back());

    SUBCASE("by family it is passed over") {
        CHECK(at.runtime.swap("patient").value().to.release == "1.0.0");
        CHECK(at.runtime.swap("patient", {.module = "patient-2.0.0.so"}).value().to.release == "2.0.0");
        // From then on it is a file like others.
        CHECK(at.runtime.revert("patient").value().to.release == "1.0.0");
        CHECK(at.runtime.revert("patient").value().to.release == "2.0.0");
        CHECK(at.runtime.swap("patient", {.module = "patient-1.0.0.so"}).has_value());
        CHECK(at.runtime.swap("patient").value().to.release == "2.0.0");
    }
    SUBCASE("alone in the directory it is refused, by name it is not") {
        fs::remove(modules.path() / "patient-1.0.0.so");
        auto const refused = at.runtime.swap("patient");
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == errc::rolled_back);
        CHECK(names(refused.error().message, {"patient-2.0.0.so", "name the file"}));
        CHECK(at.runtime.swap("patient", {.module = "patient-2.0.0.so"}).has_value());
    }
    SUBCASE("a file of the same name and other content is new") {
        fs::remove(modules.path() / "patient-2.0.0.so");
        fs::copy_file(built("patient_lossy", "2.1.0"), modules.path() / "patient-2.0.0.so");
        CHECK(at.runtime.swap("patient").value().to.schema_version == 2);
    }
}

TEST_CASE("probation: a swap that is refused leaves no probation behind") {
    ward at;
    untouched before(at, "patient");
    CHECK(at.refusal("patient", built("tally", "1.0.0"), {.probation = {.duration = for_ever}}).code ==
          errc::contract_mismatch);
    CHECK_FALSE(at.status("patient").on_probation);
    before.check();
    at.swap("patient", second);
}

TEST_CASE("probation: callers at work lose nothing while a generation is sent back") {
    ward at;
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> made{0};
    std::vector<std::thread> callers;
    for (int i = 0; i != 2; ++i)
        callers.emplace_back([&] {
            while (!done) at.it->visit("storm"), ++made;
        });
    for (int round = 0; round != 5; ++round) {
        at.put_on_probation(second);
        at.it->fall_ill(false);
        REQUIRE(test::eventually([&] { return at.status("patient").running.release == "1.0.0"; }));
        REQUIRE(test::eventually([&] { return !at.status("patient").on_probation; }));
    }
    done = true;
    for (auto& each : callers) each.join();
    CHECK(at.it->visits("storm") == made);
}
