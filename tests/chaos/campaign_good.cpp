// Ordinary swaps, reverts, plans, checkpoints and probations.
#include "campaign.hpp"

#include <boost/json/serialize.hpp>

#include <array>

namespace chaos {

namespace {
constexpr std::array releases{"0.1.0", "1.0.0", "2.0.0"};
constexpr std::array cache_releases{"0.1.0", "1.0.0", "2.0.0", "3.0.0"};
}  // namespace

void campaign::swap_well(before const& was) {
    std::string const release =
        was.component == "cache" ? random_.any_of(cache_releases) : random_.any_of(releases);
    auto const got = swap(was, {{"module", was.component + "-" + release + ".so"}, {"allow_loss", true}});
    found_.expect(got.status == 200, "a good swap of {} {} to {} is done: {}", was.component, was.release,
                  release, boost::json::serialize(got.body));
}

void campaign::hand_off(before const& was) {
    auto const got =
        swap(was, {{"module", was.component + "-" + was.release + ".so"}, {"transfer", "handoff"}});
    // Not every state allows a handoff; then the refusal says so.
    if (got.status != 200) expect_refused(got, "a handoff", {"handoff_refused"});
}

void campaign::revert(before const& was) {
    auto const to = site_.status_of(was.component).at("previous_release").as_string();
    auto const asked = clock::now();
    auto got = site_.ask("POST", "/revert/" + was.component, {{"allow_loss", true}});
    if (to.empty()) return expect_refused(got, "a revert to nothing", {"not_reversible"});
    if (got.text("code") == "rolled_back")
        return expect_refused(got, "a revert to what was sent back", {"rolled_back"});
    got = finish(was, asked, std::move(got), std::string(to));
    found_.expect(got.status == 200, "a revert of {} {} to {} is done: {}", was.component, was.release,
                  std::string_view(to), boost::json::serialize(got.body));
}

void campaign::plan(before const& was) {
    auto const got = site_.ask("POST", "/plan/" + was.component, {{"allow_loss", true}});
    ++counts_["plan"];
    found_.expect(got.status == 200, "a plan is made: {}", boost::json::serialize(got.body));
    found_.expect(look(was.component).generation == was.generation, "a plan changes nothing");
}

void campaign::checkpoint(before const& was) {
    auto const asked = clock::now();
    auto const got = site_.ask("POST", "/checkpoint");
    ++counts_["checkpoint: " + (got.status == 200 ? "done" : got.text("code"))];
    found_.expect(got.status == 200, "a checkpoint is written: {}", boost::json::serialize(got.body));
    found_.expect(look(was.component).generation == was.generation, "a checkpoint swaps nothing");
    if (got.status == 200)
        for (auto const& [component, ignored] : std::map(may_come_back_))
            note_durable(component, asked, true);
}

boost::json::object campaign::after_probation(std::string const& component) {
    auto const deadline = clock::now() + std::chrono::seconds(30);
    for (;;) {
        auto status = site_.status_of(component);
        if (!status.at("on_probation").as_bool() &&
            site_.ask("POST", "/plan/" + component).text("code") != "busy")
            return site_.status_of(component);
        if (clock::now() > deadline) return status;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

void campaign::pass_probation(before const& was) {
    auto const got = swap(was, {{"module", was.component + "-2.0.0.so"},
                                {"allow_loss", true},
                                {"probation", {{"duration_ns", 60'000'000}, {"interval_ns", 20'000'000}}}});
    found_.expect(got.status == 200, "a swap on probation is done: {}", boost::json::serialize(got.body));
    after_probation(was.component);
    found_.expect(look(was.component).release == "2.0.0", "what passes its probation stays");
    note_durable(was.component, clock::now(), false);
}

/// Sent back without losing writes: the return is to the same release.
void campaign::fail_probation(before const& was) {
    auto const got = swap(
        was, {{"module", was.component + "-" + was.release + ".so"},
              {"probation",
               {{"duration_ns", 10'000'000'000}, {"interval_ns", 20'000'000}, {"max_mean_latency_ns", 1}}}});
    found_.expect(got.status == 200, "a swap on probation is done: {}", boost::json::serialize(got.body));
    auto const status = after_probation(was.component);
    auto const* const why = status.if_contains("rolled_back");
    found_.expect(why != nullptr && !why->is_null(),
                  "what is too slow is sent back, and the status says why: {}",
                  boost::json::serialize(status));
    note_durable(was.component, clock::now(), false);
}

}  // namespace chaos
