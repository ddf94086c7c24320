// A state that is nested deeper than can be written.
#include "durable/stored_house.hpp"
#include "runtime/fixtures/chain.hpp"

#include <hotswap/json.hpp>

using namespace hotswap_test;
using hotswap::errc;

namespace {

fs::path const module = fs::path(HOTSWAP_TEST_MODULES) / "runtime" / "chain-1.0.0.so";

}  // namespace

TEST_CASE(
    "deep states: a chain of 249 nodes is written, one of 250 is refused with the limit and a way out") {
    site at(module.parent_path());
    auto const it = at.load<chain>("chain", module);
    it->set_length(249);
    at.swap("chain", module, {.even_if_unchanged = true});
    CHECK(it->length() == 249);
    it->set_length(250);
    auto const refused = at.refusal("chain", module, {.even_if_unchanged = true});
    CHECK(refused.code == errc::export_failed);
    CHECK_MESSAGE(names(refused.message, {"500 levels", "249 nodes", "vector, deque or list"}),
                  refused.message);
    CHECK(it->length() == 250);
    it->set_length(10'000);
    CHECK(at.runtime.snapshot("chain").error().code == errc::export_failed);
    // Without a store nothing of it has to be written.
    CHECK(at.runtime.unload("chain").value().not_kept.empty());
}

TEST_CASE(
    "unload: a state that cannot be written refuses it, by force it goes, and report and store say of what "
    "it was") {
    stored_house house;
    auto const it = house.load<chain>("chain", module);
    it->set_length(3);
    house.runtime->checkpoint().value();
    it->set_length(300);
    auto const refused = house.runtime->unload("chain");
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::export_failed);
    CHECK(refused.error().old_serving);
    CHECK_MESSAGE(names(refused.error().message, {"500 levels", "unload_options::force", "written last"}),
                  refused.error().message);
    CHECK(it->length() == 300);

    house.told.clear();
    auto const done = house.runtime->unload("chain", {.force = true});
    REQUIRE_MESSAGE(done.has_value(), done.error().message);
    CHECK(done->verdict == hotswap::unload_verdict::unmapped);
    CHECK(names(done->not_kept, {"500 levels"}));
    CHECK(names(to_string(*done), {"its last state is not in the store"}));
    CHECK(hotswap::from_json<hotswap::unload_report>(to_json(*done)).value().not_kept == done->not_kept);
    CHECK_MESSAGE(names(house.told, {"warning", "keeps the one written last"}), house.told);
    CHECK(house.runtime->status().empty());

    house.start();
    CHECK(house.runtime->recover().value().empty());
    CHECK(house.load<chain>("chain", module)->length() == 0);
}

TEST_CASE("unload: by force, a state that can be written is kept as ever") {
    stored_house house;
    house.load<chain>("chain", module)->set_length(3);
    auto const done = house.runtime->unload("chain", {.force = true}).value();
    CHECK(done.not_kept.empty());
    CHECK(boost::json::value_from(done).at("not_kept") == "");
}
