// Aborts of operations, before and after their commits.
#include "base/failpoint.hpp"
#include "control/fixture.hpp"
#include "slot/waiting.hpp"
#include "swap/fixtures/dial.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>
#include <vector>

using namespace hotswap_test;

namespace {

json::value abort(operated const& at, std::string const& id) {
    return json_of(at.post(fmt::format("/v1/operations/{}/abort", id), {{"wait_ns", 60'000'000'000}}));
}

json::value restore(operated const& at, std::string const& frame) {
    auto const begun = at.client().send("POST", "/v1/restore/tally", frame, patience).value();
    return json_of(
        at.get(fmt::format("/v1/operations/{}?wait_ns=60000000000", text_at(json_of(begun), "/id"))));
}

}  // namespace

TEST_CASE("control: an operation that has committed is aborted by a revert, and an older one no more") {
    operated at;
    auto const first = text_at(at.swap_to("2.0.0"), "/id");
    auto const aborted = abort(at, first);
    CHECK(text_at(aborted, "/verb") == "abort");
    CHECK(text_at(aborted, "/outcome") == "done");
    CHECK(at.status("tally").running.release == "1.0.0");

    auto const second = text_at(at.swap_to("2.0.0"), "/id");
    at.swap_to("3.0.0");
    auto const refused = abort(at, second);
    CHECK(text_at(refused, "/failure/code") == "plan_stale");
    CHECK(at.status("tally").running.release == "3.0.0");
}

TEST_CASE("control: an abort of a revert that has committed goes forward again") {
    operated at;
    at.swap_to("2.0.0");
    auto const back = json_of(at.post("/v1/revert", {{"component", "tally"}, {"wait_ns", 60'000'000'000}}));
    REQUIRE(at.status("tally").running.release == "1.0.0");
    auto const aborted = abort(at, text_at(back, "/id"));
    CHECK(text_at(aborted, "/outcome") == "done");
    CHECK(at.status("tally").running.release == "2.0.0");
}

TEST_CASE("control: an abort ends an operation that waits for a lease, and the lease goes on") {
    operated at;
    auto const options = [](json::object more) {
        more["drain_deadline_ns"] = 3'600'000'000'000;
        return more;
    };
    lease_elsewhere const held(at.sums);
    std::string id;
    SUBCASE("swap") {
        id = text_at(at.swap_to("2.0.0", {{"options", options({{"module", tally_file("2.0.0").native()}})},
                                          {"wait_ns", 0}}),
                     "/id");
    }
    SUBCASE("restore") {
        auto const frame = [] {
            operated other;
            return other.get("/v1/snapshot/tally").body;
        }();
        id = text_at(json_of(at.client().send("POST", "/v1/restore/tally", frame, patience).value()), "/id");
    }
    REQUIRE(test::eventually([&] { return at.status("tally").swapping; }));
    auto const aborted = abort(at, id);
    CHECK(text_at(aborted, "/id") == id);
    CHECK(text_at(aborted, "/outcome") == "undone");
    CHECK(text_at(aborted, "/failure/code") == "aborted");
    CHECK(at.status("tally").running.release == "1.0.0");
}

TEST_CASE(
    "control: an abort wins whenever it comes: after it the release before the swap serves, 100 times") {
    operated at;
    for (int round = 0; round != 100; ++round) {
        auto const id = text_at(at.swap_to("2.0.0", {{"wait_ns", 0}}), "/id");
        // The instants are spread over the swap: each round looks at the status once more before it aborts.
        for (int i = 0; i != round % 10; ++i) at.get("/v1/status");
        auto const aborted = abort(at, id);
        CHECK(text_at(aborted, "/outcome") == (text_at(aborted, "/id") == id ? "undone" : "done"));
        REQUIRE(at.status("tally").running.release == "1.0.0");
    }
}

TEST_CASE("control: a restore that has committed is aborted: the state that it replaced is back") {
    operated at;
    auto const frame = at.get("/v1/snapshot/tally").body;
    at.sums->add("a", 5);
    auto const restored = restore(at, frame);
    CHECK(text_at(restored, "/outcome") == "done");
    CHECK(at.sums->total("a") == 0);
    at.sums->add("b", 1);
    auto const aborted = abort(at, text_at(restored, "/id"));
    CHECK(text_at(aborted, "/verb") == "abort");
    CHECK(text_at(aborted, "/outcome") == "done");
    CHECK(at.sums->total("a") == 5);
    CHECK(at.sums->total("b") == 0);
    CHECK(text_at(abort(at, text_at(aborted, "/id")), "/outcome") == "done");
    CHECK(at.sums->total("a") == 0);
    CHECK(at.sums->total("b") == 1);
}

TEST_CASE(
    "control: a restore that another operation has followed can no longer be aborted, and which one is "
    "said") {
    operated at;
    auto const restored = restore(at, at.get("/v1/snapshot/tally").body);
    auto const swapped = at.swap_to("2.0.0");
    auto const refused = abort(at, text_at(restored, "/id"));
    CHECK(text_at(refused, "/failure/code") == "plan_stale");
    CHECK(names(text_at(refused, "/failure/message"), {text_at(swapped, "/id"), "tally"}));
    CHECK(at.status("tally").running.release == "2.0.0");
}

TEST_CASE(
    "control: settings that were changed are aborted to the values before, unless they have changed since") {
    operated at;
    auto const one = at.load<dial>("dial", built("dial", "1.0.0"));
    auto const set_limit = [&at](std::string_view value) {
        return text_at(json_of(at.post("/v1/configure", {{"component", "dial"},
                                                         {"changes", json::object{{"limit", value}}},
                                                         {"wait_ns", 60'000'000'000}})),
                       "/id");
    };
    auto const seven = set_limit("7");
    CHECK(text_at(abort(at, seven), "/outcome") == "done");
    CHECK(one->limit() == 100);
    auto const eight = set_limit("8");
    set_limit("9");
    auto const refused = abort(at, eight);
    CHECK(text_at(refused, "/failure/code") == "plan_stale");
    CHECK(names(text_at(refused, "/failure/message"), {"limit", "dial", "8", "9"}));
    CHECK(one->limit() == 9);
}

TEST_CASE("control: a load is aborted by an unload, and an unload cannot be aborted") {
    operated at;
    auto const loaded =
        json_of(at.post("/v1/load", {{"component", "dial"},
                                     {"options", json::object{{"module", built("dial", "1.0.0").native()}}},
                                     {"wait_ns", 60'000'000'000}}));
    REQUIRE(text_at(loaded, "/outcome") == "done");
    CHECK(text_at(abort(at, text_at(loaded, "/id")), "/outcome") == "done");
    CHECK(at.runtime.status().size() == 1);
    auto const unloaded =
        json_of(at.post("/v1/unload", {{"component", "tally"}, {"wait_ns", 60'000'000'000}}));
    auto const refused = abort(at, text_at(unloaded, "/id"));
    CHECK(text_at(refused, "/failure/code") == "not_reversible");
}

TEST_CASE("control: an abort of an operation that changed nothing is answered with that operation") {
    operated at;
    auto const same = text_at(at.swap_to("1.0.0"), "/id");
    CHECK(text_at(abort(at, same), "/id") == same);
    auto const refused = text_at(at.swap_to("9.9.9"), "/id");
    CHECK(text_at(abort(at, refused), "/id") == refused);
}

#if defined(HOTSWAP_FAILPOINTS)
namespace {

/// Aborts the operation that `f` runs at a step of it; the operation waits there until the abort is answered.
template <class F>
json::value aborted_at(operated& at, std::string const& step, F const& f) {
    namespace failpoints = hotswap::detail::failpoints;
    std::atomic<bool> is_first{true};
    failpoints::call(step, [&] {
        if (!is_first.exchange(false)) return;
        auto const running = json_of(at.get("/v1/operations"));
        auto const& all = running.at("operations").as_array();
        at.post(fmt::format("/v1/operations/{}/abort", text_at(all[all.size() - 1], "/id")), json::object{});
    });
    auto ended = f();
    failpoints::clear();
    CHECK_FALSE(is_first);
    CHECK(text_at(ended, "/outcome") == "undone");
    CHECK(text_at(ended, "/failure/code") == "aborted");
    return ended;
}

/// The steps that an operation passes, its commit among them.
template <class F>
std::vector<std::string> steps_of(std::string_view operation, F const& f) {
    namespace failpoints = hotswap::detail::failpoints;
    failpoints::clear();
    f();
    std::vector<std::string> steps;
    for (auto const& point : failpoints::visited())
        if (point.starts_with(operation)) steps.push_back(point);
    CHECK(std::ranges::count(steps, std::string(operation) + "commit.after") == 1);
    return steps;
}

}  // namespace

TEST_CASE("control: an abort wins at every step of a swap, before the commit and after it") {
    operated at;
    auto const steps = steps_of("swap.", [&] { at.swap_to("2.0.0"); });
    json_of(at.post("/v1/revert", {{"component", "tally"}, {"wait_ns", 60'000'000'000}}));
    for (auto const& step : steps) {
        CAPTURE(step);
        aborted_at(at, step, [&] { return at.swap_to("2.0.0"); });
        CHECK(at.status("tally").running.release == "1.0.0");
    }
}

TEST_CASE("control: an abort wins at every step of a restore, before the commit and after it") {
    operated at;
    auto const frame = at.get("/v1/snapshot/tally").body;
    auto const steps = steps_of("restore.", [&] { restore(at, frame); });
    at.sums->add("a", 5);
    for (auto const& step : steps) {
        CAPTURE(step);
        aborted_at(at, step, [&] { return restore(at, frame); });
        CHECK(at.sums->total("a") == 5);
    }
}
#endif
