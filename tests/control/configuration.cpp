// Settings, loads, the audit and the metrics of a running host, by requests and by the command line.
#include "control/command.hpp"
#include "swap/fixtures/dial.hpp"

using namespace hotswap_test;

namespace {

/// A host with a component that has settings.
struct configured : commanded {
    explicit configured(hotswap::control_options options = {})
        : commanded(std::move(options)), one(load<dial>("dial", built("dial", "1.0.0"))) {}

    json::value configure(json::object changes) const {
        return json_of(
            post("/v1/configure",
                 {{"component", "dial"}, {"changes", std::move(changes)}, {"wait_ns", 60'000'000'000}}));
    }

    hotswap::handle<dial> one;
};

}  // namespace

TEST_CASE("control: a plan from before its component was configured is stale, and says so") {
    configured at;
    json::object const body{{"component", "dial"},
                            {"options", json::object{{"module", built("dial", "2.0.0").native()}}}};
    auto const token = text_at(json_of(at.post("/v1/plan", body)), "/token");
    at.configure({{"limit", "7"}});
    auto const refused = json_of(at.post("/v1/swap", {{"plan", token}, {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(refused, "/failure/code") == "plan_stale");
    CHECK(names(text_at(refused, "/failure/message"), {"settings", "planned with 0, found 1"}));
    CHECK(at.status("dial").running.release == "1.0.0");
    auto const next = text_at(json_of(at.post("/v1/plan", body)), "/token");
    CHECK(next != token);
    CHECK(text_at(json_of(at.post("/v1/swap", {{"plan", next}, {"wait_ns", 60'000'000'000}})), "/outcome") ==
          "done");
    CHECK(at.one->limit() == 7);
}

TEST_CASE("control: settings are shown by name, and changed whole or not at all") {
    configured at;
    CHECK(text_at(json_of(at.get("/v1/settings/dial")), "/settings/limit") == "100");
    auto const done = at.configure({{"limit", "7"}, {"label", "x"}});
    CHECK(text_at(done, "/outcome") == "done");
    CHECK(text_at(done, "/report/changes/1/name") == "limit");
    CHECK(text_at(done, "/report/changes/1/from") == "100");
    CHECK(at.one->limit() == 7);
    auto const refused = at.configure({{"limit", "8"}, {"labl", "y"}});
    CHECK(text_at(refused, "/outcome") == "undone");
    CHECK(text_at(refused, "/failure/code") == "settings_refused");
    CHECK(names(text_at(refused, "/failure/message"), {"did you mean label?"}));
    CHECK(at.one->limit() == 7);
    CHECK(at.get("/v1/settings/tally").status == 404);
    CHECK(at.get("/v1/settings/nothing").status == 404);
    CHECK(at.post("/v1/configure", {{"component", "dial"}, {"settings", json::object{}}}).status == 400);
}

TEST_CASE("control: a component is loaded by its file, and serves those who find it") {
    operated at;
    auto const begun =
        json_of(at.post("/v1/load", {{"component", "late"},
                                     {"options", json::object{{"module", built("dial", "2.0.0").native()}}},
                                     {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(begun, "/outcome") == "done");
    CHECK(text_at(begun, "/report/running/release") == "2.0.0");
    CHECK(at.runtime.find<dial>("late").value()->limit() == 100);
    auto const again = json_of(at.post("/v1/load", {{"component", "late"}, {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(again, "/outcome") == "undone");
    auto const none = json_of(at.post("/v1/load", {{"component", "none"}, {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(none, "/failure/code") == "no_such_file");
}

TEST_CASE("control: the audit's newest lines are shown, and a host without one says so") {
    operated silent;
    CHECK(text_at(json_of(silent.get("/v1/audit")), "/error/code") == "control_failed");
    operated at({.audit = silent.directory.path() / "a" / "audit.jsonl"});
    at.swap_to("2.0.0", {{"reason", "ticket 7"}});
    at.swap_to("3.0.0");
    auto const all = json_of(at.get("/v1/audit"));
    CHECK(all.at("lines").as_array().size() == 4);
    CHECK(text_at(all, "/lines/0/reason") == "ticket 7");
    auto const last = json_of(at.get("/v1/audit?most=1"));
    CHECK(last.at("lines").as_array().size() == 1);
    CHECK(text_at(last, "/lines/0/what") == "ended");
}

TEST_CASE("control: metrics count what happened, by its code, and show a component's own") {
    configured at;
    at.swap_to("2.0.0");
    at.swap_to("none");
    json_of(at.post("/v1/revert", {{"component", "tally"}, {"wait_ns", 60'000'000'000}}));
    at.configure({{"limit", "7"}});
    auto const text = at.get("/v1/metrics");
    CHECK(text.type.starts_with("text/plain"));
    for (
        auto const* const line :
        {R"(hotswap_operations_total{component="tally",operation="swap",outcome="done",code=""} 1)",
         R"(hotswap_operations_total{component="tally",operation="swap",outcome="refused",code="no_such_file"} 1)",
         R"(hotswap_operations_total{component="tally",operation="revert",outcome="done",code=""} 1)",
         R"(hotswap_operations_total{component="dial",operation="configure",outcome="done",code=""} 1)",
         R"(hotswap_pause_seconds_count{component="tally"} 2)",
         R"(hotswap_pause_seconds_bucket{component="tally",le="+Inf"} 2)",
         R"(hotswap_swaps_total{component="tally"} 2)", R"(hotswap_generation{component="tally"} 3)",
         R"(hotswap_on_probation{component="tally"} 0)", R"(test_dial_changes_total{component="dial"} 1)",
         R"(test_dial_limit{component="dial"} 7)", "# TYPE test_dial_changes_total counter",
         "# TYPE hotswap_pause_seconds histogram"})
        CHECK_MESSAGE(text.body.find(line) != text.body.npos, (std::string(line) + "\n" + text.body));
    // The counts are the component's, and not a release's.
    at.swap("dial", built("dial", "2.0.0"));
    CHECK(at.get("/v1/metrics")
              .body.find(R"(hotswap_operations_total{component="dial",operation="configure")") !=
          std::string::npos);
}

TEST_CASE("metrics: the runtime counts what its own host asks for, by how it ended") {
    configured at;
    for (int i = 0; i != 100; ++i) at.sums->add("a name that needs memory " + std::to_string(i), 1);
    CHECK(at.refusal("tally", tally_file("none")).code == hotswap::errc::no_such_file);
    at.swap("tally", tally_file("2.0.0"));
    auto const all = at.runtime.metrics();
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "dial");
    CHECK(all[0].own.size() == 2);
    CHECK(all[1].operations.size() == 2);
    CHECK(all[1].operations[0].refused == hotswap::errc::no_such_file);
    CHECK(all[1].operations[1].times == 1);
    CHECK(all[1].pauses.sum.count() > 0);
    CHECK(all[1].state_bytes > 0);
}

TEST_CASE("command line: configure shows the settings, and changes all that are named or none") {
    configured at;
    auto const shown = at.hotswap({"configure", "dial"});
    CHECK(shown.code == 0);
    CHECK(names(shown.out, {"limit=100\n", "window=1s\n"}));
    auto const done = at.hotswap({"configure", "dial", "limit=7", "label=a b"});
    CHECK(done.code == 0);
    CHECK(names(done.out, {"limit: 100 → 7", "label: plain → a b", "done"}));
    auto const refused = at.hotswap({"configure", "dial", "limit=8", "window=soon", "--json"});
    CHECK(refused.code == 3);
    CHECK(text_at(json::parse(refused.out), "/failure/code") == "settings_refused");
    CHECK(at.hotswap({"configure", "dial", "limit"}).code == 64);
    CHECK(at.hotswap({"configure", "dial", "limit=1", "limit=2"}).code == 64);
    CHECK(at.one->limit() == 7);
}

TEST_CASE("command line: load and log talk to the host") {
    temporary_directory elsewhere;
    configured at({.audit = elsewhere.path() / "audit.jsonl"});
    auto const loaded = at.hotswap({"load", "late=" + built("dial", "2.0.0").native()});
    CHECK(loaded.code == 0);
    CHECK(names(loaded.out, {"late: 2.0.0 serves"}));
    CHECK(at.hotswap({"load", "late=" + built("dial", "2.0.0").native()}).code == 3);
    auto const log = at.hotswap({"log"});
    CHECK(log.code == 0);
    CHECK(names(log.out, {"asked", "load", "already_loaded"}));
    CHECK(at.hotswap({"log", "--verify"}).code == 64);
    CHECK(run(at.directory.path(), {"log"}).code == 64);
    CHECK(run(at.directory.path(), {"status"}).code == 64);
}
