#include "base/failpoint.hpp"
#include "control/fixture.hpp"
#include "slot/waiting.hpp"
#include "swap/fixtures/patient.hpp"

#include <atomic>
#include <latch>
#include <thread>

using namespace hotswap_test;

TEST_CASE("control: the status has every component, with what a client needs first") {
    operated at;
    auto const status = json_of(at.get("/v1/status"));
    CHECK(text_at(status, "/components/0/name") == "tally");
    CHECK(text_at(status, "/components/0/release") == "1.0.0");
    CHECK(number_at(status, "/components/0/generation") == 1);
    CHECK(text_at(status, "/components/0/schema") == "test.tally");
    CHECK(number_at(status, "/components/0/schema_version") == 1);
    CHECK_FALSE(status.at_pointer("/components/0/on_probation").as_bool());
    CHECK(number_at(status, "/pid") == static_cast<std::uint64_t>(getpid()));
}

TEST_CASE("control: a swap keeps the state, and its operation ends as done, with the report") {
    operated at;
    at.sums->add("a", 2);
    auto const done = at.swap_to("3.0.0");
    CHECK(text_at(done, "/state") == "ended");
    CHECK(text_at(done, "/outcome") == "done");
    CHECK(text_at(done, "/report/components/0/to/release") == "3.0.0");
    CHECK(text_at(done, "/by") != "");
    CHECK(at.sums->add("a", 1) == 3);
    CHECK(at.status("tally").running.release == "3.0.0");
}

TEST_CASE("control: a swap that does not wait is answered at once, and its id leads to its end") {
    operated at;
    auto const begun = at.swap_to("2.0.0", {{"wait_ns", 0}});
    auto const id = text_at(begun, "/id");
    auto const ended = json_of(at.get(fmt::format("/v1/operations/{}?wait_ns=60000000000", id)));
    CHECK(text_at(ended, "/id") == id);
    CHECK(text_at(ended, "/outcome") == "done");
    auto const all = json_of(at.get("/v1/operations"));
    CHECK(text_at(all, "/operations/0/id") == id);
}

TEST_CASE("control: a refused swap ends as undone, and says why") {
    operated at;
    at.sums->add("a", 2);
    untouched before(at, "tally");
    auto const refused = at.swap_to("nowhere");
    CHECK(text_at(refused, "/outcome") == "undone");
    CHECK(text_at(refused, "/failure/code") == "no_such_file");
    CHECK(refused.at_pointer("/failure/old_serving").as_bool());
    before.check();
}

TEST_CASE(
    "control: a wait for an operation that the host does not know is refused, and gets no other one's "
    "end") {
    operated at;
    at.swap_to("2.0.0");
    auto const reply = at.get("/v1/operations/00000000-1?wait_ns=60000000000");
    CHECK(reply.status == 404);
    CHECK(text_at(json_of(reply), "/error/code") == "unknown_operation");
}

TEST_CASE("control: a revert goes back and keeps what was written since") {
    operated at;
    at.swap_to("2.0.0");
    at.sums->add("a", 5);
    auto const back = json_of(at.post("/v1/revert", {{"component", "tally"}, {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(back, "/outcome") == "done");
    CHECK(at.status("tally").running.release == "1.0.0");
    CHECK(at.sums->add("a", 1) == 6);
}

TEST_CASE("control: components that are named together change together, or none does") {
    operated at;
    auto const second = at.load("other", tally_file("1.0.0"));
    auto const member = [](char const* name, std::string const& release) {
        return json::object{{"component", name},
                            {"options", json::object{{"module", tally_file(release).native()}}}};
    };
    auto const refused = json_of(
        at.post("/v1/swap", {{"components", json::array{member("tally", "2.0.0"), member("other", "none")}},
                             {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(refused, "/outcome") == "undone");
    CHECK(at.status("tally").running.release == "1.0.0");
    auto const done = json_of(
        at.post("/v1/swap", {{"components", json::array{member("tally", "2.0.0"), member("other", "3.0.0")}},
                             {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(done, "/outcome") == "done");
    CHECK(at.status("tally").running.release == "2.0.0");
    CHECK(at.status("other").running.release == "3.0.0");
    auto const back = json_of(
        at.post("/v1/revert", {{"components", json::array{"tally", "other"}}, {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(back, "/outcome") == "done");
    CHECK(at.status("other").running.release == "1.0.0");
}

TEST_CASE("control: a snapshot that is restored brings its state back") {
    operated at;
    at.sums->add("a", 2);
    auto const frame = at.get("/v1/snapshot/tally");
    CHECK(frame.type == "application/octet-stream");
    at.sums->add("a", 7);
    auto const begun =
        json_of(at.client().send("POST", "/v1/restore/tally?reason=lost", frame.body, patience).value());
    auto const done =
        json_of(at.get(fmt::format("/v1/operations/{}?wait_ns=60000000000", text_at(begun, "/id"))));
    CHECK(text_at(done, "/outcome") == "done");
    CHECK(text_at(done, "/reason") == "lost");
    CHECK(at.sums->add("a", 1) == 3);
}

TEST_CASE("control: without a store a checkpoint is refused, and with one it is written") {
    operated at;
    auto const refused = json_of(at.post("/v1/checkpoint", {{"wait_ns", 60'000'000'000}}));
    CHECK(text_at(refused, "/outcome") == "undone");
    CHECK(text_at(refused, "/failure/code") == "no_store");
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE(
    "control: a release that is sent back is never told as done, also while the return is still being "
    "recorded") {
    namespace failpoints = hotswap::detail::failpoints;
    temporary_directory stored;
    site at({.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
             .rehearse = hotswap::rehearse::never,
             .store = stored.path() / "store"});
    auto const ill = at.load<patient>("patient", built("patient", "1.0.0"));
    hotswap::control const control(at.runtime, {.socket = stored.path() / "run" / "hotswap.sock"});
    std::atomic<bool> answered{false};
    std::atomic<bool> answered_before_the_record{false};
    // The old release serves again, and the runtime's last event of the return has not come.
    failpoints::call("probation.persist.before", [&] {
        if (at.status("patient").rolled_back)
            answered_before_the_record = test::eventually([&] { return answered.load(); });
    });
    json::object const probation{{"duration_ns", 3'600'000'000'000}, {"interval_ns", 1'000'000}};
    json::object const body{
        {"component", "patient"},
        {"wait_ns", 60'000'000'000},
        {"options", json::object{{"module", built("patient", "2.0.0").native()}, {"probation", probation}}}};
    std::thread illness([&] {
        if (test::eventually([&] { return at.status("patient").on_probation; })) ill->fall_ill(false);
    });
    auto client = control_client::connect(stored.path() / "run" / "hotswap.sock", patience).value();
    auto const ended = json_of(client.send("POST", "/v1/swap", json::serialize(body), patience).value());
    answered = true;
    illness.join();
    REQUIRE(test::eventually([&] { return answered_before_the_record.load(); }));
    failpoints::clear();
    CHECK(text_at(ended, "/outcome") == "undone");
    CHECK(ended.at_pointer("/sent_back").as_bool());
    CHECK(text_at(ended, "/failure/code") == "rolled_back");
}
#endif

TEST_CASE("control: an operation says how long it may take, also one by the token of a plan") {
    operated at;
    auto const hour = std::chrono::nanoseconds(std::chrono::hours(1)).count();
    json::object const options{{"module", tally_file("2.0.0").native()},
                               {"probation", json::object{{"duration_ns", hour}}}};
    auto const plan = json_of(at.post("/v1/plan", {{"component", "tally"}, {"options", options}}));
    auto const begun = json_of(at.post("/v1/swap", json::object{{"plan", text_at(plan, "/token")}}));
    auto const id = text_at(begun, "/id");
    auto const running = json_of(at.get("/v1/operations/" + id));
    CHECK(number_at(running, "/may_take_ns") > static_cast<std::uint64_t>(hour));
    at.post(fmt::format("/v1/operations/{}/abort", id), json::object{});
}

TEST_CASE("control: a plan changes nothing, and a swap by its token does what it has shown") {
    operated at;
    json::object const body{{"component", "tally"},
                            {"options", json::object{{"module", tally_file("3.0.0").native()}}}};
    auto const plan = json_of(at.post("/v1/plan", body));
    CHECK(plan.at_pointer("/changes").as_bool());
    CHECK(text_at(plan, "/plan/components/0/to/release") == "3.0.0");
    CHECK(at.status("tally").running.generation == 1);

    auto const done =
        json_of(at.post("/v1/swap", {{"plan", text_at(plan, "/token")}, {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(done, "/outcome") == "done");
    CHECK(at.status("tally").running.release == "3.0.0");

    auto const again =
        json_of(at.post("/v1/swap", {{"plan", text_at(plan, "/token")}, {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(again, "/failure/code") == "plan_stale");
    CHECK(text_at(again, "/failure/message").find("planned with 1, found 2") != std::string::npos);
    auto const unknown = at.post("/v1/swap", {{"plan", "0123456789abcdef"}});
    CHECK(text_at(json_of(unknown), "/error/code") == "plan_stale");
}

TEST_CASE("control: of two operators who swap by what they were shown, one wins, 200 times") {
    operated at;
    for (unsigned round = 0; round != 200; ++round) {
        auto const to = tally_file(round % 2 == 0 ? "2.0.0" : "1.0.0").native();
        json::object const body{{"component", "tally"}, {"options", json::object{{"module", to}}}};
        std::atomic<unsigned> winners{0};
        std::latch both(2);
        auto const operate = [&] {
            auto client = at.client();
            auto const plan =
                json_of(client.send("POST", "/v1/plan", json::serialize(body), patience).value());
            both.arrive_and_wait();
            if (plan.as_object().contains("error")) return;  // busy: the other one planned
            json::object const swap{{"plan", text_at(plan, "/token")}, {"wait_ns", 60'000'000'000}};
            auto const done =
                json_of(client.send("POST", "/v1/swap", json::serialize(swap), patience).value());
            if (text_at(done, "/outcome") == "done") {
                ++winners;
                CHECK(number_at(done, "/report/components/0/from/generation") ==
                      number_at(plan, "/plan/components/0/from/generation"));
                return;
            }
            auto const code = text_at(done, "/failure/code");
            bool const lost = code == "busy" || code == "plan_stale";
            CHECK_MESSAGE(lost, code);
        };
        {
            std::jthread const one(operate);
            std::jthread const other(operate);
        }
        REQUIRE(winners == 1);
    }
    CHECK(at.status("tally").swaps == 200);
}

TEST_CASE("control: a release that its probation sends back ends its operation as undone") {
    operated at;
    auto const ill = at.load<patient>("patient", built("patient", "1.0.0"));
    ill->visit("a");
    json::object const probation{{"duration_ns", 3'600'000'000'000}, {"interval_ns", 1'000'000}};
    json::object const body{
        {"component", "patient"},
        {"options", json::object{{"module", built("patient", "2.0.0").native()}, {"probation", probation}}}};
    auto const begun = json_of(at.post("/v1/swap", body));
    auto const id = text_at(begun, "/id");
    auto const is_on_probation = [&] { return at.status("patient").on_probation; };
    REQUIRE(test::eventually(is_on_probation));
    SUBCASE("its health fails") {
        ill->fall_ill(false);
        auto const ended = json_of(at.get(fmt::format("/v1/operations/{}?wait_ns=60000000000", id)));
        CHECK(text_at(ended, "/outcome") == "undone");
        CHECK(ended.at_pointer("/sent_back").as_bool());
        CHECK(text_at(ended, "/failure/code") == "rolled_back");
    }
    SUBCASE("an operator aborts it") {
        auto const aborted =
            json_of(at.post(fmt::format("/v1/operations/{}/abort", id), {{"wait_ns", 60'000'000'000}}));
        // The swap itself, if it had only just committed, or the revert.
        CHECK(text_at(aborted, "/outcome") == (text_at(aborted, "/id") == id ? "undone" : "done"));
        auto const ended = json_of(at.get(fmt::format("/v1/operations/{}?wait_ns=60000000000", id)));
        CHECK(text_at(ended, "/outcome") == "undone");
        CHECK_FALSE(ended.at_pointer("/sent_back").as_bool());
    }
    CHECK(at.status("patient").running.release == "1.0.0");
}

TEST_CASE("control: a release that passes its probation ends its operation as done") {
    operated at;
    json::object const probation{{"duration_ns", 20'000'000}, {"interval_ns", 1'000'000}};
    auto const done = at.swap_to(
        "2.0.0",
        {{"options", json::object{{"module", tally_file("2.0.0").native()}, {"probation", probation}}}});
    CHECK(text_at(done, "/outcome") == "done");
    CHECK_FALSE(done.at_pointer("/sent_back").as_bool());
    CHECK_FALSE(at.status("tally").on_probation);
}

TEST_CASE("control: a component that is unloaded is gone from the status") {
    operated at;
    auto const done = json_of(at.post("/v1/unload", {{"component", "tally"}, {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(done, "/outcome") == "done");
    CHECK(json_of(at.get("/v1/status")).at_pointer("/components").as_array().empty());
}
