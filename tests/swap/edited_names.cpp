// A released state whose fields, enumerators or alternatives were edited under the same version, in ways that no type shows.
#include "swap/fixture.hpp"
#include "swap/fixtures/named.hpp"

using namespace hotswap_test;
using hotswap::errc;

namespace {

constexpr std::string_view filled = "ann welcome bob banned limit 1000 credit";
constexpr std::string_view edits[] = {"named_inserted", "named_exchanged", "named_renamed",
                                      "named_alternatives", "named_pair"};

struct named_site : site {
    named_site() : handle(load<named>("named", built("named", "1.0.0"))) { handle->fill(); }
    hotswap::handle<named> handle;
};

}  // namespace

TEST_CASE(
    "layout: fields, enumerators and alternatives that were exchanged, renamed or inserted under the same "
    "version "
    "are refused by plan, swap and handoff") {
    for (auto const edit : edits) {
        CAPTURE(edit);
        named_site at;
        auto const next = built(edit, "1.1.0");
        auto const plan = at.runtime.plan("named", {.module = next}).value();
        REQUIRE(plan.blockers.size() == 1);
        CHECK(plan.blockers[0].code == errc::layout_changed);
        for (auto const by : {hotswap::transfer::snapshot, hotswap::transfer::handoff}) {
            auto const why = at.refusal("named", next, {.transfer = by});
            CHECK(why.code == errc::layout_changed);
            CHECK(names(why.message,
                        {"version 1", "test.named", "renamed or exchanged", "make a new version"}));
        }
        CHECK(at.handle->describe() == filled);
    }
}

TEST_CASE("layout: a snapshot of a state that was edited so is refused by load and restore") {
    named_site at;
    auto const frame = at.snapshot("named");
    for (auto const edit : edits) {
        CAPTURE(edit);
        auto const loaded =
            at.runtime.load<named>("other", {.module = built(edit, "1.1.0"), .snapshot = frame});
        REQUIRE(loaded.has_error());
        CHECK(loaded.error().code == errc::layout_changed);
    }
    site edited;
    auto const handle = edited.load<named>("named", built("named_inserted", "1.1.0"));
    handle->fill();
    CHECK(edited.runtime.restore("named", frame).error().code == errc::layout_changed);
    CHECK(handle->describe() == filled);
}

TEST_CASE("layout: a state that only moved to another namespace is the same") {
    for (auto const by : {hotswap::transfer::snapshot, hotswap::transfer::handoff}) {
        named_site at;
        at.swap("named", built("named_moved", "1.1.0"), {.transfer = by});
        CHECK(at.handle->describe() == filled);
    }
}
