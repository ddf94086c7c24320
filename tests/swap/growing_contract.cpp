// Contracts that grow at their end: the allowed calls, and the modules that may replace each other.
#include "swap/fixture.hpp"
#include "swap/fixtures/depot.hpp"

#include <hotswap/inspect.hpp>
#include <hotswap/json.hpp>

#include <algorithm>
#include <utility>

using namespace hotswap_test;
using hotswap::contract_revisions;
using hotswap::errc;

namespace {

fs::path depot_file(int number) { return built("depot", std::to_string(number) + ".0.0"); }

/// A directory of modules, each a depot of another number.
struct shop : temporary_directory {
    explicit shop(std::vector<std::pair<std::string, int>> const& releases) {
        for (auto const& [release, number] : releases)
            fs::copy_file(depot_file(number), path() / ("depot-" + release + ".so"));
    }
};

bool any_names(std::vector<std::string> const& lines, std::vector<std::string_view> const& parts) {
    return std::ranges::any_of(lines, [&parts](auto const& line) { return names(line, parts); });
}

template <class Contract>
hotswap::failure not_found(site& at) {
    auto const found = at.runtime.find<Contract>("depot");
    REQUIRE(found.has_error());
    CHECK(found.error().code == errc::contract_mismatch);
    return found.error();
}

}  // namespace

TEST_CASE("contract: a module of a newer revision serves the handles of the older one, to and fro") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(1));
    shelf->add("pen", 5);
    at.swap("depot", depot_file(3));
    CHECK(shelf->release() == "3.0.0");
    CHECK(shelf->add("pen", 1) == 6);
    {
        auto const newer = at.runtime.find<depot_2>("depot").value();
        auto const newest = at.runtime.find<depot_3>("depot").value();
        CHECK(newer->take("pen", 4));
        CHECK(newest->kinds() == 1);
        CHECK(newest->count("pen") == 2);
    }
    at.swap("depot", depot_file(2));
    CHECK(shelf->release() == "2.0.0");
    at.swap("depot", depot_file(1));
    CHECK(shelf->release() == "1.0.0");
    CHECK(shelf->count("pen") == 2);
    CHECK(at.runtime.revert("depot").has_value());
    CHECK(shelf->release() == "2.0.0");
}

TEST_CASE("contract: a component that was loaded by a newer revision is found by the older ones, too") {
    site at;
    auto const shelf = at.load<depot_2>("depot", depot_file(3));
    CHECK(at.runtime.find<depot>("depot").value()->add("pen", 1) == 1);
    CHECK(shelf->take("pen", 1));
    auto const why = at.refusal("depot", depot_file(1));
    CHECK(names(why.message, {"implements the contract test.depot 1", "asked for was test.depot 2"}));
}

TEST_CASE("contract: a revision that the running module does not serve is refused in words") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(1));
    CHECK(names(not_found<depot_2>(at).message,
                {"implements the contract test.depot 1", "asked for was test.depot 2", "swap to a release"}));
    at.swap("depot", depot_file(2));
    CHECK(names(not_found<depot_3>(at).message,
                {"implements the contract test.depot 1 to 2", "asked for was test.depot 3"}));
    auto const loaded = at.runtime.load<depot_3>("another", {.module = depot_file(2)});
    REQUIRE(loaded.has_error());
    CHECK(names(loaded.error().message, {"depot-2.0.0.so implements the contract test.depot 1 to 2"}));
}

TEST_CASE("contract: two classes of one revision are told apart by the count of their functions") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(3));
    CHECK(names(not_found<other_depot_2>(at).message,
                {"the contract test.depot 2 as a class with 6 entries", "knows it with 7"}));
    CHECK(at.runtime.find<depot_2>("depot").has_value());
}

TEST_CASE("contract: a module takes no place in which a handle calls past the end of its functions") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(1));
    at.swap("depot", depot_file(2));
    shelf->add("pen", 2);
    std::optional newer(at.runtime.find<depot_2>("depot").value());
    std::optional copy(newer);
    newer.reset();
    untouched before(at, "depot");
    std::vector<std::string_view> const words{"depot-1.0.0.so implements the contract test.depot 1",
                                              "1 of the host by test.depot 2", "destroy those handles"};
    auto const why = at.refusal("depot", depot_file(1));
    CHECK(why.code == errc::contract_mismatch);
    CHECK(why.old_serving);
    CHECK(names(why.message, words));
    auto const back = at.runtime.revert("depot");
    REQUIRE(back.has_error());
    CHECK(names(back.error().message, words));
    auto const plan = at.runtime.plan("depot", {.module = depot_file(1)}).value();
    REQUIRE(plan.blockers.size() == 1);
    CHECK(plan.blockers[0].code == errc::contract_mismatch);
    CHECK(plan.blockers[0].message == why.message);
    before.check();
    CHECK((*copy)->take("pen", 1));
    copy.reset();
    CHECK(at.runtime.plan("depot", {.module = depot_file(1)}).value().blockers.empty());
    CHECK(at.runtime.revert("depot").has_value());
    CHECK(shelf->release() == "1.0.0");
    CHECK(shelf->count("pen") == 1);
}

TEST_CASE(
    "contract: one member of a set that does not serve a handle that is out keeps all of them as they are") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(1));
    auto const other = at.load<depot>("other", depot_file(1));
    hotswap::component_set const up{{"other", {.module = depot_file(2)}},
                                    {"depot", {.module = depot_file(2)}}};
    hotswap::component_set const down{{"other", {.module = depot_file(1)}},
                                      {"depot", {.module = depot_file(1)}}};
    CHECK(at.runtime.swap(up).has_value());
    std::optional newer(at.runtime.find<depot_2>("depot").value());
    for (auto const& refused : {at.runtime.swap(down), at.runtime.revert(down)}) {
        REQUIRE(refused.has_error());
        CHECK(refused.error().component == "depot");
        CHECK(names(refused.error().message, {"1 of the host by test.depot 2"}));
    }
    CHECK(at.runtime.plan(down).value().blockers.size() == 1);
    CHECK(other->release() == "2.0.0");
    CHECK(at.runtime.find<depot_2>("other").has_value());
    newer.reset();
    CHECK(at.runtime.revert(down).has_value());
    CHECK(other->release() == "1.0.0");
    CHECK(shelf->release() == "1.0.0");
}

TEST_CASE("contract: a lease outlives its handle, and its generation waits for it") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(2));
    shelf->add("pen", 1);
    auto lease = [&] { return at.runtime.find<depot_2>("depot").value().share(); }();
    auto const why = at.refusal("depot", depot_file(1), {.drain_deadline = 1ms});
    CHECK(why.code == errc::drain_timeout);
    CHECK(lease->take("pen", 1));
}

TEST_CASE("contract: a neighbour's handle counts as a host's, and its component is named") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(1));
    auto const buyer = at.load<basket>("buyer", built("basket", "1.0.0"));
    std::string told;
    auto const heard = at.runtime.subscribe([&](hotswap::event const& what) { told += what.message; });
    CHECK_FALSE(buyer->find_depot());
    CHECK(names(told, {"\"depot\" implements the contract test.depot 1", "asked for was test.depot 2"}));
    at.swap("depot", depot_file(2));
    shelf->add("pen", 1);
    REQUIRE(buyer->find_depot());
    CHECK(buyer->take("pen"));
    CHECK(names(at.refusal("depot", depot_file(1)).message, {"1 of \"buyer\" by test.depot 2"}));
    at.swap("depot", depot_file(3));
    CHECK_FALSE(buyer->take("pen"));
    buyer->forget_depot();
    at.swap("depot", depot_file(1));
    CHECK(shelf->release() == "1.0.0");
}

TEST_CASE("contract: a plain swap takes the newest release that fits, and says which ones it passed over") {
    shop const modules({{"1.0.0", 1}, {"2.0.0", 2}, {"4.0.0", 4}});
    site at(modules.path());
    auto const shelf = at.runtime.load<depot>("depot").value();  // as in a load
    CHECK(shelf->release() == "2.0.0");
    at.swap("depot", modules.path() / "depot-1.0.0.so");
    std::vector<std::string_view> const words{
        "passed over: depot-4.0.0.so, which implements the contract test.depot 4, asked for was test.depot "
        "1"};
    auto const plan = at.runtime.plan("depot").value();
    CHECK(plan.to.release == "2.0.0");
    CHECK(any_names(plan.warnings, words));
    auto const report = at.runtime.swap("depot").value();
    CHECK(report.to.release == "2.0.0");
    CHECK(any_names(report.warnings, words));
    // A swap to the named file is refused as before.
    CHECK(at.refusal("depot", modules.path() / "depot-4.0.0.so").code == errc::contract_mismatch);
}

TEST_CASE("contract: a plain swap passes over a release that does not serve a handle that is out") {
    shop const modules({{"1.0.0", 1}, {"2.0.0", 2}, {"2.1.0", 1}});
    site at(modules.path());
    auto const shelf = at.load<depot>("depot", modules.path() / "depot-2.0.0.so");
    std::optional newer(at.runtime.find<depot_2>("depot").value());
    auto const stays = at.runtime.swap("depot").value();
    CHECK(stays.same_content);
    CHECK(any_names(stays.warnings, {"passed over: depot-2.1.0.so", "1 of the host by test.depot 2"}));
    newer.reset();
    CHECK(at.runtime.swap("depot").value().warnings.size() == 1);  // its name and its release differ
    CHECK(shelf->release() == "1.0.0");
}

TEST_CASE("contract: where no release fits, the newest is refused in its own words") {
    shop const modules({{"4.0.0", 4}, {"4.1.0", 4}});
    site at(modules.path());
    auto const shelf = at.load<depot>("depot", depot_file(1));
    auto const swapped = at.runtime.swap("depot", {.module = "depot"});
    REQUIRE(swapped.has_error());
    CHECK(swapped.error().code == errc::contract_mismatch);
    CHECK(names(swapped.error().message, {"depot-4.1.0.so implements the contract test.depot 4"}));
    CHECK(shelf->release() == "1.0.0");
}

TEST_CASE("contract: while a release is on probation a handle is given only to what the one before serves") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(1));
    at.swap("depot", depot_file(2), {.probation = {.duration = 1h}});
    CHECK(names(not_found<depot_2>(at).message,
                {"the module that may come back", "implements the contract test.depot 1"}));
    CHECK(at.runtime.find<depot>("depot").has_value());
    CHECK(at.runtime.revert("depot").has_value());
    CHECK(shelf->release() == "1.0.0");
    at.swap("depot", depot_file(2));
    CHECK(at.runtime.find<depot_2>("depot").has_value());
}

TEST_CASE("contract: while a swap is at work a handle is given only to what both modules serve") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(2));
    std::promise<void> loaded;
    auto heard = at.runtime.subscribe([&](hotswap::event const& what) {
        if (what.operation == hotswap::operation::swap && what.phase == hotswap::phase::load)
            loaded.set_value();
    });
    lease_elsewhere inside(shelf);
    auto swap = std::async(std::launch::async, [&] {
        return at.runtime.swap("depot", {.module = depot_file(1), .drain_deadline = 1min});
    });
    loaded.get_future().wait();
    CHECK(names(not_found<depot_2>(at).message,
                {"the module that replaces it", "implements the contract test.depot 1"}));
    CHECK(at.runtime.find<depot>("depot").has_value());
    inside.give_back();
    CHECK(swap.get().has_value());
    CHECK(shelf->release() == "1.0.0");
    heard.end();
    // And as before, after a refused swap.
    at.swap("depot", depot_file(2));
    CHECK(at.refusal("depot", built("stranger", "1.0.0")).code == errc::contract_mismatch);
    CHECK(at.runtime.find<depot_2>("depot").has_value());
}

TEST_CASE("contract: a component that a store brings back has the number that it was loaded by") {
    temporary_directory store;
    shop const modules({{"1.0.0", 1}, {"2.0.0", 2}});
    hotswap::runtime_options const options{
        .modules = modules.path(), .rehearse = hotswap::rehearse::never, .store = store.path() / "store"};
    {
        site at{options};
        at.load<depot>("depot", modules.path() / "depot-1.0.0.so")->add("pen", 3);
        static_cast<void>(at.runtime.swap("depot").value());
    }
    auto const check = [&](hotswap::recover_modules which, std::string_view release,
                           contract_revisions serves) {
        site again{options};
        REQUIRE(again.runtime.recover({.modules = which}).has_value());
        CHECK(again.status("depot").contract == "test.depot 1");
        CHECK(again.status("depot").running.serves == serves);
        auto const shelf = again.runtime.find<depot>("depot").value();
        CHECK(shelf->release() == release);
        CHECK(shelf->count("pen") == 3);
        CHECK(again.runtime.find<depot_2>("depot").value()->count("pen") == 3);
    };
    check(hotswap::recover_modules::stored, "2.0.0", {1, 2});
    fs::copy_file(depot_file(3), modules.path() / "depot-3.0.0.so");
    check(hotswap::recover_modules::newest, "3.0.0", {1, 3});
}

TEST_CASE("contract: status, plan, report and inspection say which revisions a module serves") {
    site at;
    auto const shelf = at.load<depot>("depot", depot_file(1));
    CHECK(at.status("depot").running.serves == contract_revisions{1, 1});
    auto const plan = at.runtime.plan("depot", {.module = depot_file(3)}).value();
    CHECK(plan.from.serves == contract_revisions{1, 1});
    CHECK(plan.to.serves == contract_revisions{1, 3});
    CHECK(names(to_string(plan), {"contract 1 → 1 to 3"}));
    CHECK(names(hotswap::to_json(plan), {R"("serves":{"oldest":1,"newest":3})"}));
    auto const report = at.swap("depot", depot_file(3));
    CHECK(names(to_string(report), {"contract 1 → 1 to 3"}));
    CHECK(names(hotswap::to_json(at.status("depot")), {R"("serves":{"oldest":1,"newest":3})"}));
    CHECK(hotswap::inspect(depot_file(2)).value().serves == contract_revisions{1, 2});
}
