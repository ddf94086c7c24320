// The times and the states of rehearsals, and their reports.
#include "rehearsal/zoo_site.hpp"

#include <hotswap/detail/state/frame.hpp>
#include <hotswap/json.hpp>

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::rehearse;

extern "C" __attribute__((visibility("default"), used)) std::uint64_t only_the_host_has_this(
    std::uint64_t n) {
    return n;
}

namespace {

std::vector<std::string> open_descriptors() {
    std::vector<std::string> all;
    for (auto const& each : fs::directory_iterator("/proc/self/fd"))
        all.push_back(each.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
}

bool says(std::vector<std::string> const& lines, std::string_view words) {
    return std::any_of(lines.begin(), lines.end(),
                       [words](std::string const& line) { return line.find(words) != line.npos; });
}

}  // namespace

TEST_CASE("rehearsal: a good module passes, and the report says on what and at which cost") {
    zoo_site at;
    auto const report = at.swap("zoo", obedient, asked("construct", "ask"));
    at.ends_well = false;  // the state keeps the request
    auto const& trial = report.rehearsal;
    CHECK(trial.ran);
    CHECK(trial.outcome == "passed");
    CHECK(trial.time.count() > 0);
    CHECK(trial.pause.count() > 0);
    CHECK(trial.predicted_pause.count() > 0);
    CHECK(trial.state_bytes == sizeof(std::uint64_t));
    CHECK(trial.peak_memory > 1'000'000);
    CHECK(report.of(hotswap::phase::rehearse).duration.count() > 0);
    CHECK(names(to_string(report), {"passed in rehearsal in", "after a pause of"}));
    auto const json = boost::json::parse(to_json(report)).at("rehearsal");
    CHECK(json.at("outcome").as_string() == "passed");
    CHECK(json.at("state_bytes").to_number<int>() == 8);
    CHECK(json.at("peak_memory").to_number<std::uint64_t>() == trial.peak_memory);
    CHECK(at.warnings.empty());
}

TEST_CASE("rehearsal: a component can tell, finds no neighbours, and its work is taken and never done") {
    zoo_site at({}, rehearse::always);
    at.runtime.load<zoo>("neighbour", {.module = zoo_file("zoo", "1.0.0")}).value();
    auto const report = at.swap("zoo", obedient, asked("construct", "ask"));
    at.ends_well = false;
    CHECK(says(report.rehearsal.log, "info: this is a rehearsal"));
    CHECK(says(report.rehearsal.log, "there are no neighbours in a rehearsal"));
    CHECK_FALSE(says(report.rehearsal.log, "a neighbour was found"));
}

TEST_CASE("rehearsal: a module that ends the threads that it starts passes") {
    zoo_site at;
    CHECK(at.swap("zoo", obedient, asked("migrate", "joined_thread")).rehearsal.ran);
}

TEST_CASE("rehearsal: the host's clock is the component's") {
    site at(
        {.modules = HOTSWAP_TEST_FIXTURES,
         .clock = [] { return std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 3 + 1)); },
         .rehearse = rehearse::always});
    at.load<zoo>("zoo", zoo_file("zoo", "1.0.0"));
    CHECK(says(at.swap("zoo", obedient, asked("construct", "ask")).rehearsal.log, "year 1973"));
}

TEST_CASE("rehearsal: a module that leaves out in a rehearsal what reaches out of the process passes") {
    zoo_site at;
    at.refuses(obedient, asked("construct", "only_in_rehearsal"), errc::construct_failed, {"the fault"});
    at.swap("zoo", obedient, [] {
        auto options = asked("construct", "only_in_rehearsal");
        options.rehearse = rehearse::never;
        return options;
    }());
    CHECK(at.animals->release() == "2.0.0");
    at.ends_well = false;  // the order stays in the state
}

TEST_CASE("rehearsal: of what a component logs a report keeps a bounded part") {
    zoo_site at;
    auto const report = at.swap("zoo", obedient, asked("construct", "chatter"));
    at.ends_well = false;
    CHECK(report.rehearsal.log.size() < 100);
    CHECK(says(report.rehearsal.log, "more lines"));
}

TEST_CASE(
    "rehearsal: when_new rehearses each content once next to what runs, and only a pass is remembered") {
    zoo_site at({}, rehearse::when_new);
    CHECK(at.refusal("zoo", obedient, asked("construct", "throw")).phase == hotswap::phase::rehearse);
    CHECK(at.swap("zoo", obedient).rehearsal.ran);
    CHECK(at.swap("zoo", zoo_file("zoo", "1.0.0")).rehearsal.ran);
    auto const again = at.swap("zoo", obedient);
    CHECK_FALSE(again.rehearsal.ran);
    CHECK(again.of(hotswap::phase::rehearse).duration.count() == 0);
    CHECK(at.swap("zoo", zoo_file("zoo_rebuilt", "2.0.1")).rehearsal.ran);
    CHECK(at.swap("zoo", obedient, {.rehearse = rehearse::always}).rehearsal.ran);
    CHECK_FALSE(
        at.swap("zoo", obedient, {.rehearse = rehearse::never, .even_if_unchanged = true}).rehearsal.ran);
}

TEST_CASE("rehearsal: the swap's option goes before the runtime's, and when_new is the default") {
    zoo_site never({}, rehearse::never);
    CHECK_FALSE(never.swap("zoo", obedient).rehearsal.ran);
    CHECK(never.swap("zoo", obedient, {.rehearse = rehearse::when_new, .even_if_unchanged = true})
              .rehearsal.ran);
    zoo_site silent({}, std::nullopt);
    CHECK(silent.swap("zoo", obedient).rehearsal.ran);
    CHECK(silent.swap("zoo", obedient, {.even_if_unchanged = true}).rehearsal.ran);  // next to itself
    CHECK_FALSE(silent.swap("zoo", obedient, {.even_if_unchanged = true}).rehearsal.ran);
}

TEST_CASE("rehearsal: neither a revert nor a restore is rehearsed") {
    zoo_site at;
    auto const before = at.snapshot("zoo");
    at.swap("zoo", obedient);
    CHECK_FALSE(at.runtime.revert("zoo").value().rehearsal.ran);
    CHECK_FALSE(at.runtime.restore("zoo", before).value().rehearsal.ran);
}

TEST_CASE("rehearsal: a downgrade and a handoff are rehearsed too") {
    zoo_site at;
    CHECK(at.swap("zoo", obedient).rehearsal.ran);
    CHECK(at.swap("zoo", zoo_file("zoo_rebuilt", "2.0.1"), {.transfer = hotswap::transfer::handoff})
              .rehearsal.ran);
    auto const down = at.swap("zoo", zoo_file("zoo", "1.0.0"));
    CHECK(down.rehearsal.ran);
    CHECK(down.rehearsal.state_bytes == sizeof(std::uint64_t));
    at.refuses(static_deed("abort"), {.transfer = hotswap::transfer::handoff}, errc::rehearsal_failed,
               {"signal 6"});
}

TEST_CASE("rehearsal: a frame of one's own is rehearsed instead of the real state, without a pause") {
    site other({.modules = HOTSWAP_TEST_FIXTURES, .rehearse = rehearse::never});
    auto const source = other.load<zoo>("zoo", obedient);
    auto golden = other.snapshot("zoo");
    std::string asked_for;
    zoo_site at({.frame = [&](std::string_view component) {
        asked_for = component;
        return golden;
    }});
    auto const report = at.swap("zoo", obedient);
    CHECK(asked_for == "zoo");
    CHECK(report.rehearsal.ran);
    CHECK(report.rehearsal.pause.count() == 0);
    CHECK(report.rehearsal.state_bytes == golden.size() - hotswap::frame_header_size);
    golden.back() = ~golden.back();
    auto const why = at.refusal("zoo", obedient, {.even_if_unchanged = true});
    CHECK(to_string(why.code) == "bad_snapshot");
    CHECK(why.message.starts_with("in rehearsal: "));
    golden.clear();
    CHECK(at.swap("zoo", obedient, {.even_if_unchanged = true}).rehearsal.pause.count() > 0);
}

TEST_CASE("rehearsal: a missing helper is refused where a rehearsal was asked for, else one warning") {
    zoo_site asked_for({.helper = "/no/such/helper"});
    asked_for.ends_well = false;
    untouched before(asked_for, "zoo");
    auto const why = asked_for.refusal("zoo", obedient);
    CHECK(to_string(why.code) == "no_rehearsal");
    CHECK(to_string(why.phase) == "rehearse");
    CHECK(names(why.message, {"/no/such/helper", "rehearsal_options::helper", "rehearse::never"}));
    before.check();

    zoo_site by_default({.helper = "/no/such/helper"}, std::nullopt);
    CHECK_FALSE(by_default.swap("zoo", obedient).rehearsal.ran);
    auto const report = by_default.swap("zoo", zoo_file("zoo", "1.0.0"));
    CHECK(names(report.rehearsal.outcome, {"/no/such/helper"}));
    CHECK(by_default.warnings.size() == 1);
    CHECK(says(by_default.warnings, "not rehearsed"));
    auto const asked_now = by_default.refusal("zoo", obedient, {.rehearse = rehearse::when_new});
    CHECK(to_string(asked_now.code) == "no_rehearsal");
}

TEST_CASE("rehearsal: a helper that is another program is no helper") {
    zoo_site at({.helper = "/bin/true"});
    at.refuses(obedient, {}, errc::no_rehearsal, {"the helper ended before it began (with status 0)"});
    at.ends_well = false;
    zoo_site by_default({.helper = "/bin/false"}, std::nullopt);
    CHECK(names(by_default.swap("zoo", obedient).rehearsal.outcome, {"with status 1"}));
    CHECK(by_default.warnings.size() == 1);
}

TEST_CASE(
    "rehearsal: a module that needs what only the host defines is refused only where a rehearsal was asked "
    "for") {
    auto const bound = zoo_file("zoo_bound_to_host", "1.2.0");
    zoo_site asked_for;
    asked_for.refuses(bound, {}, errc::no_rehearsal,
                      {"undefined symbol: only_the_host_has_this", "rehearse::never"});
    zoo_site by_default({}, std::nullopt);
    CHECK_FALSE(by_default.swap("zoo", bound).rehearsal.ran);
    CHECK(by_default.animals->add(1) == 42);
    CHECK(says(by_default.warnings, "only_the_host_has_this"));
}

TEST_CASE("rehearsal: a plan rehearses where the swap would, and a refusal is a blocker") {
    zoo_site at({}, std::nullopt);
    CHECK_FALSE(
        at.runtime.plan("zoo", {.module = obedient, .rehearse = rehearse::never}).value().rehearsal.ran);
    CHECK(at.runtime.plan("zoo", {.module = obedient}).value().rehearsal.ran);
    CHECK_FALSE(at.runtime.plan("zoo", {.module = obedient}).value().rehearsal.ran);  // it has passed
    untouched before(at, "zoo");
    auto const plan = at.runtime.plan("zoo", {.module = obedient, .rehearse = rehearse::always}).value();
    CHECK(plan.blockers.empty());
    CHECK(plan.rehearsal.ran);
    CHECK(plan.predicted_pause.count() > 0);
    CHECK(names(to_string(plan), {"passed in rehearsal"}));
    auto const bad =
        at.runtime.plan("zoo", {.module = static_deed("abort"), .rehearse = rehearse::always}).value();
    REQUIRE(bad.blockers.size() == 1);
    CHECK(to_string(bad.blockers[0].code) == "rehearsal_failed");
    CHECK(names(bad.blockers[0].message, {"in rehearsal: ", "signal 6"}));
    before.check();
}

TEST_CASE("rehearsal: a hundred of them leave no child, no descriptor and no memory of a failure") {
    zoo_site at;
    at.refusal("zoo", static_deed("abort"));
    auto const before = open_descriptors();
    for (int i = 0; i != 25; ++i) {
        at.refusal("zoo", static_deed("abort"));
        at.refusal("zoo", static_deed("fork_and_exit"));
        at.refusal("zoo", obedient, asked("construct", "close_all"));
        CHECK(at.runtime.plan("zoo", {.module = obedient, .rehearse = rehearse::always})
                  .value()
                  .blockers.empty());
    }
    CHECK(open_descriptors() == before);
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
}
