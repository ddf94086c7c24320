// A component that is swapped to another contract, which its current callers do not know: one operation,
// which keeps the state.
#include "swap/fixture.hpp"
#include "swap/fixtures/depot.hpp"

#include <hotswap/json.hpp>

#include <atomic>

using namespace hotswap_test;
using hotswap::errc;

namespace {

fs::path depot_file(std::string_view number) { return built("depot", std::string(number) + ".0.0"); }

hotswap::swap_options to_4(fs::path const& module = depot_file("4")) {
    return {.module = module, .contract = depot_4::contract};
}

hotswap::swap_options basket_of_4() { return {.module = built("basket", "2.0.0")}; }

/// Checks that a call fails because its contract has ended, and that the message names the current contract.
template <class Call>
void check_has_ended(Call&& call, std::vector<std::string_view> const& words) {
    try {
        call();
        FAIL_CHECK("the call went through");
    } catch (hotswap::swap_error const& e) {
        CHECK(e.code() == errc::component_gone);
        CHECK(e.why().component == "depot");
        CHECK_MESSAGE(names(e.why().message, words), e.why().message);
    }
}

hotswap::runtime_options with_store(fs::path const& store) {
    return {.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
            .rehearse = hotswap::rehearse::never,
            .store = store};
}

}  // namespace

TEST_CASE(
    "another contract: module, number and handles change as one, the state is kept, and a revert goes back") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("1"));
    old->add("pen", 5);
    auto const report = at.runtime.swap("depot", to_4()).value();
    CHECK(report.ended_contract == "test.depot 1");
    CHECK(
        names(to_string(report), {"contract 1 → 4", "the handles by the contract test.depot 1 have ended"}));
    CHECK(names(hotswap::to_json(report), {R"("ended_contract":"test.depot 1")"}));
    CHECK(at.status("depot").contract == "test.depot 4");
    check_has_ended([&] { old->release(); }, {"now serves the contract test.depot 4", "test.depot 1"});
    CHECK_FALSE(at.runtime.find<depot>("depot").has_value());
    auto const now = at.runtime.find<depot_4>("depot").value();
    CHECK(now->release() == "4.0.0");
    CHECK(now->total() == 5);
    CHECK(now->add("pen", 2) == 7);

    CHECK(at.runtime.swap("depot", {.module = depot_file("4"), .even_if_unchanged = true})
              .value()
              .ended_contract.empty());
    CHECK(now->total() == 7);

    auto const back = at.runtime.revert("depot").value();
    CHECK(back.ended_contract == "test.depot 4");
    CHECK(at.status("depot").contract == "test.depot 1");
    check_has_ended([&] { now->total(); }, {"now serves the contract test.depot 1"});
    check_has_ended([&] { old->release(); }, {"now serves the contract test.depot 4"});
    CHECK(at.runtime.find<depot>("depot").value()->count("pen") == 7);
}

TEST_CASE("another contract: it is not changed unasked, and the refusal says how it is") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("1"));
    untouched before(at, "depot");
    auto const why = at.refusal("depot", depot_file("4"));
    CHECK(why.code == errc::contract_mismatch);
    CHECK(names(why.message,
                {"depot-4.0.0.so implements the contract test.depot 4", "swap_options::contract"}));
    auto const not_served = at.refusal("depot", depot_file("3"), {.contract = depot_4::contract});
    CHECK(
        names(not_served.message, {"implements the contract test.depot 1 to 3, asked for was test.depot 4"}));
    CHECK(at.refusal("depot", depot_file("4"), {.contract = hotswap::contract{"", 4}}).code ==
          errc::invalid_argument);
    before.check();
    CHECK(old->release() == "1.0.0");
}

TEST_CASE("another contract: a plan says what ends, and changes nothing") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("1"));
    untouched before(at, "depot");
    auto const plan = at.runtime.plan("depot", to_4()).value();
    CHECK(plan.blockers.empty());
    CHECK(plan.reversible);
    CHECK(plan.ended_contract == "test.depot 1");
    CHECK(names(to_string(plan), {"contract 1 → 4", "the handles by the contract test.depot 1 would end"}));
    before.check();
    CHECK(old->release() == "1.0.0");
    CHECK(at.runtime.find<depot>("depot").has_value());
}

TEST_CASE("another contract: what fails late leaves the component, its number and its handles as they were") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("1"));
    old->add("pen", 1);
    untouched before(at, "depot");
    CHECK(at.refusal("depot", built("depot_failing", "4.0.0"), {.contract = depot_4::contract}).code ==
          errc::construct_failed);
    {
        lease_elsewhere const inside(old);
        CHECK(at.refusal("depot", depot_file("4"), {.drain_deadline = 1ms, .contract = depot_4::contract})
                  .code == errc::drain_timeout);
    }
    before.check();
    CHECK(at.status("depot").contract == "test.depot 1");
    CHECK(old->count("pen") == 1);
    CHECK(at.runtime.find<depot>("depot").value()->count("pen") == 1);
    CHECK_FALSE(at.runtime.find<depot_4>("depot").has_value());
}

TEST_CASE("another contract: calls that are inside finish first, and those that wait are answered") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("1"));
    std::promise<void> closing;
    auto heard = at.runtime.subscribe([&](hotswap::event const& what) {
        if (what.operation == hotswap::operation::swap && what.phase == hotswap::phase::load)
            closing.set_value();
    });
    lease_elsewhere held(old);
    auto swap = std::async(std::launch::async, [&] { return at.runtime.swap("depot", to_4()); });
    closing.get_future().wait();
    auto waits = std::async(std::launch::async, [&] {
        try {
            for (;;) old->release();
        } catch (hotswap::swap_error const& e) {
            return e.code();
        }
    });
    held.give_back();
    CHECK(swap.get().has_value());
    CHECK(waits.get() == errc::component_gone);
    heard.end();
}

TEST_CASE("another contract: callers under load see the old one or the new one, and lose no call") {
    site at;
    at.load<depot>("depot", depot_file("1"))->add("pen", 0);
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> added{0};
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int i = 0; i != 3; ++i)
        callers.emplace_back([&] {
            while (!stop) {
                auto const by_1 = at.runtime.find<depot>("depot");
                auto const by_4 = at.runtime.find<depot_4>("depot");
                try {
                    for (int n = 0; by_1 && n != 100; ++n) {
                        (*by_1)->add("pen", 1);
                        ++added;
                        if ((*by_1)->release() != "1.0.0") ++wrong;
                    }
                    for (int n = 0; by_4 && n != 100; ++n) {
                        (*by_4)->add("pen", 1);
                        ++added;
                        if ((*by_4)->release() != "4.0.0") ++wrong;
                    }
                } catch (hotswap::swap_error const& e) {
                    if (e.code() != errc::component_gone) ++wrong;
                }
            }
        });
    for (int i = 0; i != 40; ++i) {
        auto const done = i % 2 == 0 ? at.runtime.swap("depot", to_4()) : at.runtime.revert("depot");
        CHECK_MESSAGE(done.has_value(), (done ? "" : done.error().message));
    }
    stop = true;
    for (auto& each : callers) each.join();
    CHECK(wrong == 0);
    CHECK(at.runtime.find<depot>("depot").value()->count("pen") == added);
}

TEST_CASE("another contract: timers of the component go on under the new one") {
    site at;
    auto const old = at.load<depot>("depot", built("depot_timed", "1.0.0"));
    while (old->count("ticks") == 0) std::this_thread::yield();
    CHECK(at.runtime.swap("depot", to_4(built("depot_timed", "4.0.0"))).has_value());
    auto const now = at.runtime.find<depot_4>("depot").value();
    auto const before = now->total();
    while (now->total() == before) std::this_thread::yield();
    CHECK(at.runtime.unload("depot").has_value());
}

TEST_CASE("another contract: a neighbour that would keep an ended handle stands in its way, and is named") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("2"));
    old->add("pen", 3);
    auto const buyer = at.load<basket>("buyer", built("basket", "1.0.0"));
    REQUIRE(buyer->find_depot());
    REQUIRE(buyer->take("pen"));
    untouched before(at, "depot");
    auto const swapped = at.runtime.swap("depot", to_4());
    REQUIRE(swapped.has_error());
    CHECK(swapped.error().code == errc::in_use);
    CHECK(swapped.error().component == "depot");
    CHECK(names(swapped.error().message,
                {"test.depot 1 to test.depot 4", "buyer hold some", "in the same set"}));
    auto const plan = at.runtime.plan("depot", to_4()).value();
    REQUIRE(plan.blockers.size() == 1);
    CHECK(plan.blockers[0].code == errc::in_use);
    CHECK(plan.blockers[0].message == swapped.error().message);
    before.check();
    CHECK(buyer->take("pen"));

    auto asked = to_4();
    asked.end_neighbours_handles = true;
    auto const allowed = at.runtime.plan("depot", asked).value();
    CHECK(allowed.blockers.empty());
    auto const report = at.runtime.swap("depot", asked).value();
    REQUIRE(report.warnings.size() == 2);
    CHECK(names(report.warnings[1], {"buyer hold handles by the contract test.depot 1", "fail"}));
    CHECK(allowed.warnings.back() == report.warnings[1]);
    CHECK_FALSE(buyer->take("pen"));
    CHECK(names(buyer->said(), {"now serves the contract test.depot 4"}));
    // An ended handle delays no operation.
    CHECK(at.runtime.swap("depot", {.module = depot_file("4"), .even_if_unchanged = true}).has_value());
    CHECK(at.runtime.revert("depot").has_value());
    CHECK(at.runtime.unload("depot").has_value());
    buyer->forget_depot();
}

TEST_CASE("another contract: while the swap is at work no neighbour gets a handle that is about to end") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("2"));
    auto const buyer = at.load<basket>("buyer", built("basket", "1.0.0"));
    std::promise<void> loaded;
    auto heard = at.runtime.subscribe([&](hotswap::event const& what) {
        if (what.operation == hotswap::operation::swap && what.phase == hotswap::phase::load)
            loaded.set_value();
    });
    lease_elsewhere inside(old);
    auto options = to_4();
    options.drain_deadline = 1min;
    auto swap = std::async(std::launch::async, [&] { return at.runtime.swap("depot", options); });
    loaded.get_future().wait();
    CHECK_FALSE(buyer->find_depot());
    CHECK(at.runtime.find<depot_2>("depot").has_value());
    inside.give_back();
    CHECK(swap.get().has_value());
    heard.end();
}

TEST_CASE("another contract: it is rehearsed as any swap") {
    site at({.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap", .rehearse = hotswap::rehearse::always});
    at.load<depot>("depot", depot_file("1"))->add("pen", 5);
    CHECK(at.refusal("depot", built("depot_failing", "4.0.0"), {.contract = depot_4::contract}).phase ==
          hotswap::phase::rehearse);
    CHECK(at.runtime.plan("depot", to_4()).value().rehearsal.ran);
    CHECK(at.runtime.swap("depot", to_4()).value().rehearsal.ran);
    CHECK(at.runtime.find<depot_4>("depot").value()->total() == 5);
}

TEST_CASE(
    "another contract: neighbours change in the same set, and find the new one while they are constructed") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("2"));
    old->add("pen", 3);
    auto const buyer = at.load<basket>("buyer", built("basket", "1.0.0"));
    REQUIRE(buyer->find_depot());
    hotswap::component_set const set{{"depot", to_4()}, {"buyer", basket_of_4()}};
    auto const plan = at.runtime.plan(set).value();
    CHECK(plan.blockers.empty());
    CHECK(plan.reversible);
    CHECK(at.runtime.swap(set).has_value());
    // A call in the constructor would have waited for itself.
    CHECK(names(buyer->said(), {"would wait for itself"}));
    CHECK(buyer->take("pen"));
    CHECK(at.runtime.find<depot_4>("depot").value()->total() == 4);

    auto const alone = at.runtime.revert("depot");
    REQUIRE(alone.has_error());
    CHECK(alone.error().code == errc::in_use);
    CHECK(names(alone.error().message, {"buyer hold some"}));
    CHECK(at.runtime.revert(set).has_value());
    CHECK(at.status("depot").contract == "test.depot 1");
    REQUIRE(buyer->find_depot());
    CHECK(buyer->take("pen"));
    CHECK(at.runtime.find<depot>("depot").value()->count("pen") == 3);
}

TEST_CASE("another contract: a member that fails takes the new handles of the others with it") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("2"));
    auto const buyer = at.load<basket>("buyer", built("basket", "1.0.0"));
    auto const other = at.load<depot>("other", depot_file("1"));
    REQUIRE(buyer->find_depot());
    old->add("pen", 1);
    auto const set = at.runtime.swap(hotswap::component_set{
        {"depot", to_4()}, {"buyer", basket_of_4()}, {"other", to_4(built("depot_failing", "4.0.0"))}});
    REQUIRE(set.has_error());
    CHECK(set.error().code == errc::construct_failed);
    CHECK(buyer->take("pen"));
    CHECK(old->count("pen") == 0);
    CHECK(other->release() == "1.0.0");
    // Nothing of the refused swap prevents the next.
    CHECK(at.runtime.swap(hotswap::component_set{{"depot", to_4()}, {"buyer", basket_of_4()}}).has_value());
    CHECK(buyer->take("pen"));
}

TEST_CASE("another contract: a probation that fails gives the old one back, with what was written since") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("1"));
    old->add("pen", 1);
    auto options = to_4();
    std::atomic<bool> is_well{true};
    options.probation = {.duration = 1h, .interval = 1ms, .check = [&] { return is_well ? "" : "no"; }};
    CHECK(at.runtime.swap("depot", options).has_value());
    auto const now = at.runtime.find<depot_4>("depot").value();
    now->add("pen", 2);
    is_well = false;
    while (at.status("depot").on_probation) std::this_thread::yield();
    check_has_ended([&] { now->total(); }, {"now serves the contract test.depot 1"});
    CHECK(at.status("depot").contract == "test.depot 1");
    CHECK(at.runtime.find<depot>("depot").value()->count("pen") == 3);
}

TEST_CASE("another contract: of revisions, the handles that the new module serves go on") {
    site at;
    auto const old = at.load<depot>("depot", depot_file("1"));
    auto const report =
        at.runtime.swap("depot", {.module = depot_file("2"), .contract = depot_2::contract}).value();
    CHECK(report.ended_contract.empty());
    CHECK(at.status("depot").contract == "test.depot 2");
    CHECK(old->add("pen", 2) == 2);
    CHECK(at.runtime.find<depot_2>("depot").value()->take("pen", 1));
    // Now every module of the component must serve that contract.
    CHECK(at.refusal("depot", depot_file("1")).code == errc::contract_mismatch);
    // The running content is usually not loaded anew, but here it is, for its number.
    CHECK(at.runtime.swap("depot", {.module = depot_file("2"), .contract = depot::contract})
              .value()
              .to.generation == 3);
    CHECK(at.status("depot").contract == "test.depot 1");
    CHECK(at.runtime.swap("depot", {.module = depot_file("2"), .contract = depot_2::contract}).has_value());
    CHECK(at.runtime.revert("depot").value().ended_contract == "test.depot 2");
    check_has_ended([&] { old->release(); }, {"now serves the contract test.depot 1"});
    CHECK(at.runtime.find<depot>("depot").value()->count("pen") == 1);
}

TEST_CASE("another contract: a store brings back the one that was committed, and the way back from it") {
    temporary_directory store;
    {
        site at{with_store(store.path())};
        at.load<depot>("depot", depot_file("1"))->add("pen", 3);
        CHECK_FALSE(at.runtime.swap("depot", to_4()).value().not_durable);
    }
    {
        site at{with_store(store.path())};
        REQUIRE(at.runtime.recover().has_value());
        CHECK(at.status("depot").contract == "test.depot 4");
        CHECK(at.runtime.find<depot_4>("depot").value()->total() == 3);
        CHECK(at.runtime.revert("depot").has_value());
    }
    site at{with_store(store.path())};
    REQUIRE(at.runtime.recover().has_value());
    CHECK(at.status("depot").contract == "test.depot 1");
    CHECK(at.runtime.find<depot>("depot").value()->count("pen") == 3);
    // A host that was rebuilt for another contract swaps the component to that contract.
    CHECK(at.runtime.swap("depot", to_4()).has_value());
    CHECK(at.runtime.find<depot_4>("depot").value()->total() == 3);
}
