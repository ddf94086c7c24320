// A contract whose class was changed under the same number: refused before any call, which would end in a
// segfault.
#include "swap/fixture.hpp"
#include "swap/fixtures/tally_grown.hpp"

using namespace hotswap_test;
using hotswap::errc;

namespace {

// The refusal compares the host's seven functions and two destructor entries with those of the other
// contract.
void check_is_refused(hotswap::failure const& why, std::vector<std::string_view> const& parts) {
    CHECK(why.code == errc::contract_mismatch);
    CHECK(names(why.message, {"test.tally 1", "entries in its vtable", "raise the number"}));
    CHECK(names(why.message, parts));
}

fs::path grown() { return built("tally_grown", "1.1.0"); }

}  // namespace

TEST_CASE(
    "contract: a function added in the middle under the same number is refused by plan and swap alike") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    untouched before(at, "tally");
    auto const plan = at.runtime.plan("tally", {.module = grown()});
    REQUIRE(plan.has_error());
    check_is_refused(plan.error(), {"tally_grown-1.1.0.so", "with 9 entries", "knows it with 8"});
    check_is_refused(at.refusal("tally", grown()),
                     {"tally_grown-1.1.0.so", "with 9 entries", "knows it with 8"});
    before.check();
    CHECK(sums->total("a") == 1);
}

TEST_CASE(
    "contract: a host that knows another class under the same number can neither load nor find the "
    "component") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const found = at.runtime.find<tally_grown>("tally");
    REQUIRE(found.has_error());
    check_is_refused(found.error(), {"with 8 entries", "knows it with 9"});
    auto const loaded = at.runtime.load<tally_grown>("other", {.module = tally_file("1.0.0")});
    REQUIRE(loaded.has_error());
    check_is_refused(loaded.error(), {"tally-1.0.0.so", "with 8 entries"});
    CHECK(at.runtime.find<tally>("tally").has_value());
}

TEST_CASE(
    "contract: a component that knows another class under the same number does not find its neighbour") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const other = at.load<tally_grown>("grown", grown());
    std::string told;
    at.runtime.subscribe([&](hotswap::event const& what) { told += what.message; }).detach();
    CHECK(other->code() == "no neighbour");
    CHECK(
        names(told, {"\"tally\" implements the contract test.tally 1", "with 8 entries", "knows it with 9"}));
}

TEST_CASE("contract: a component that a store brings back is found by the class it was built with only") {
    temporary_directory store;
    auto const options = [&] {
        hotswap::runtime_options with;
        with.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap";
        with.rehearse = hotswap::rehearse::never;
        with.store = store.path() / "store";
        return with;
    };
    { site{options()}.load("tally", tally_file("1.0.0"))->add("a", 1); }
    site again{options()};
    again.runtime.recover().value();
    auto const found = again.runtime.find<tally_grown>("tally");
    REQUIRE(found.has_error());
    check_is_refused(found.error(), {"with 8 entries", "knows it with 9"});
    CHECK(again.runtime.find<tally>("tally").value()->total("a") == 1);
}
