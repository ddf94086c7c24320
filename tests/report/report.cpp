#include "swap/fixture.hpp"

#include <hotswap/json.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

using namespace hotswap_test;
using hotswap::phase;

namespace {

std::vector<phase> steps_of(hotswap::swap_report const& report) {
    std::vector<phase> steps;
    for (auto const& step : report.phases) steps.push_back(step.phase);
    return steps;
}

std::string text_of(boost::json::value const& value) {
    return {value.as_string().data(), value.as_string().size()};
}

/// The text as JSON, after a check that reading and writing it again does not change it.
boost::json::value parsed(std::string const& text) {
    auto value = boost::json::parse(text);
    CHECK(boost::json::serialize(value) == text);
    return value;
}

}  // namespace

TEST_CASE("report: a swap by snapshot tells of each phase in order, with its duration and bytes") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    auto const report = at.swap("tally", tally_file("2.0.0"), {.transfer = hotswap::transfer::snapshot});

    CHECK(steps_of(report) == std::vector{phase::stage, phase::verify, phase::plan, phase::load, phase::drain,
                                          phase::export_, phase::migrate, phase::construct, phase::commit,
                                          phase::retire});
    CHECK(report.of(phase::stage).bytes == fs::file_size(tally_file("2.0.0")));
    CHECK(report.of(phase::export_).bytes > 0);
    CHECK(report.of(phase::migrate).bytes == report.of(phase::export_).bytes);
    std::chrono::nanoseconds sum{0};
    for (auto const& step : report.phases) {
        CHECK(step.duration >= 0ns);
        sum += step.duration;
    }
    CHECK(report.total >= sum);
    auto const behind_gate = report.of(phase::drain).duration + report.of(phase::export_).duration +
                             report.of(phase::migrate).duration + report.of(phase::construct).duration;
    CHECK(report.pause >= behind_gate);
    CHECK(report.pause <= report.total);
    CHECK(report.component == "tally");
    CHECK(report.unload.module == "tally-1.0.0.so");
    CHECK(report.from.digest.size() == 64);
    CHECK_FALSE(report.to.build_id.empty());
}

TEST_CASE("report: a swap by handoff has no export, and a restore has neither stage nor load") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const handoff =
        steps_of(at.swap("tally", tally_file("1.9.0"), {.transfer = hotswap::transfer::handoff}));
    CHECK(std::count(handoff.begin(), handoff.end(), phase::export_) == 0);
    CHECK(std::count(handoff.begin(), handoff.end(), phase::construct) == 1);

    auto const frame = at.snapshot("tally");
    auto const restored = at.runtime.restore("tally", frame).value();
    CHECK(steps_of(restored) == std::vector{phase::verify, phase::plan, phase::migrate, phase::drain,
                                            phase::construct, phase::commit, phase::retire});
    CHECK(restored.of(phase::verify).bytes == frame.size());
    CHECK(restored.of(phase::load).duration == 0ns);
    CHECK(restored.unload.verdict == hotswap::unload_verdict::none);
}

TEST_CASE("report: prints releases, generations, path, pause, phases and the unload") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const report = at.swap("tally", tally_file("3.0.0"), {.transfer = hotswap::transfer::snapshot});
    auto const text = fmt::format("{}", report);
    CHECK(text == to_string(report));
    CHECK(names(text, {"tally: 1.0.0 (generation 1) → 3.0.0 (generation 2)", "1 → 2 → 3", "by snapshot",
                       "pause ", "calls held", "stage ", "export ", "retire ", "tally-1.0.0.so unmapped"}));
}

TEST_CASE("report: as JSON it holds what the report holds") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    auto const report = at.swap("tally", tally_file("3.0.0"), {.transfer = hotswap::transfer::snapshot});
    auto const json = parsed(to_json(report));

    CHECK(json.at("component") == "tally");
    CHECK(json.at("from").at("release") == "1.0.0");
    CHECK(json.at("to").at("release") == "3.0.0");
    CHECK(json.at("to").at("generation").to_number<std::uint64_t>() == 2);
    CHECK(json.at("to").at("schema_version").to_number<std::uint32_t>() == 3);
    CHECK(text_of(json.at("to").at("build_id")) == report.to.build_id);
    CHECK(text_of(json.at("to").at("digest")) == report.to.digest);
    CHECK(json.at("path") == boost::json::value({1, 2, 3}));
    CHECK(json.at("pause_ns").to_number<std::int64_t>() == report.pause.count());
    CHECK(json.at("total_ns").to_number<std::int64_t>() == report.total.count());
    CHECK(json.at("calls_held").to_number<std::uint64_t>() == report.calls_held);
    CHECK(json.at("transfer") == "snapshot");
    CHECK(json.at("unload").at("verdict") == "unmapped");
    auto const& phases = json.at("phases").as_array();
    REQUIRE(phases.size() == report.phases.size());
    for (std::size_t i = 0; i != phases.size(); ++i) {
        CHECK(text_of(phases[i].at("phase")) == to_string(report.phases[i].phase));
        CHECK(phases[i].at("duration_ns").to_number<std::int64_t>() == report.phases[i].duration.count());
        CHECK(phases[i].at("bytes").to_number<std::uint64_t>() == report.phases[i].bytes);
    }
}

TEST_CASE("report: plans, refusals and status are JSON too") {
    site at;
    auto const sums = at.load("tally", built("tally_lossy", "2.1.0"));

    auto const plan = parsed(to_json(at.runtime.plan("tally", {.module = tally_file("1.0.0")}).value()));
    CHECK(plan.at("direction") == "downgrade");
    CHECK(plan.at("losses") == boost::json::value({"2 → 1"}));
    CHECK(plan.at("reversible") == true);
    CHECK(plan.at("blockers").at(0).at("code") == "lossy_refused");
    CHECK(text_of(plan.at("module")) == tally_file("1.0.0").string());

    auto const why = parsed(to_json(at.refusal("tally", tally_file("1.0.0"))));
    CHECK(why.at("code") == "lossy_refused");
    CHECK(why.at("phase") == "plan");
    CHECK(why.at("component") == "tally");
    CHECK(why.at("old_serving") == true);

    auto const status = parsed(to_json(at.status("tally")));
    CHECK(status.at("name") == "tally");
    CHECK(status.at("contract") == "test.tally 1");
    CHECK(status.at("schema") == "test.tally");
    CHECK(status.at("running").at("release") == "2.1.0");
    CHECK(status.at("swapping") == false);
    CHECK(status.at("swaps") == 0);
}

TEST_CASE("report: a refusal prints its component, phase and message, and that the old generation serves") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const why = at.refusal("tally", built("tally_gap", "2.3.0"));
    auto const text = fmt::format("{}", why);
    CHECK(text == to_string(why));
    CHECK(names(text, {"\"tally\"", "no_migration_path", "phase plan", why.message,
                       "the old generation continues to serve"}));
    hotswap::result<int> const failed = why;
    CHECK_THROWS_WITH_AS(static_cast<void>(failed.value()), text.c_str(), hotswap::swap_error);
}

TEST_CASE("report: durations print in the unit that fits") {
    using hotswap::to_string;
    CHECK(to_string(0ns) == "0 ns");
    CHECK(to_string(850ns) == "850 ns");
    CHECK(to_string(12'300ns) == "12.3 µs");
    CHECK(to_string(4'560us) == "4.56 ms");
    CHECK(to_string(7'890ms) == "7.89 s");
}
