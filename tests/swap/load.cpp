#include "swap/fixture.hpp"

#include "module/altered.hpp"

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;

namespace {

hotswap::failure refused(site& at, hotswap::load_options const& options) {
    auto const loaded = at.runtime.load<tally>("tally", options);
    REQUIRE(loaded.has_error());
    CHECK_FALSE(loaded.error().old_serving);
    CHECK(loaded.error().component == "tally");
    CHECK(at.runtime.status().empty());
    CHECK(at.mappings() == 0);
    return loaded.error();
}

std::vector<std::byte> frame_of(site& at, std::string_view release, std::string_view key) {
    auto const sums = at.load("source", tally_file(release));
    sums->add(key, 5);
    auto frame = at.snapshot("source");
    REQUIRE(at.runtime.unload("source").has_value());
    return frame;
}

}  // namespace

TEST_CASE("load: starts from a snapshot, migrated where it is older, with arguments") {
    site at;
    auto const frame = frame_of(at, "1.0.0", "a");
    auto const sums = at.runtime
                          .load<tally>("tally", {.module = tally_file("3.0.0"),
                                                 .snapshot = frame,
                                                 .arguments = {{"label", "loaded"}}})
                          .value();
    CHECK(sums->total("a") == 5);
    CHECK(sums->label() == "loaded");
}

TEST_CASE("load: adopts data from before hotswap, and the history goes on from there") {
    site at;
    auto const sums =
        at.runtime.load<tally>("tally", {.module = tally_file("2.0.0"), .legacy = bytes_of("a=3\nb=4\n")})
            .value();
    CHECK(sums->total("a") == 3);
    CHECK(sums->total("b") == 4);
    at.swap("tally", tally_file("3.0.0"));
    CHECK(sums->add("a", 1) == 4);
}

TEST_CASE("load: legacy data that adopt cannot take is refused in its words") {
    site at;
    auto const why = refused(at, {.module = tally_file("2.0.0"), .legacy = bytes_of("nonsense")});
    CHECK(why.code == errc::adopt_failed);
    CHECK(names(why.message, {"tally-2.0.0.so", "a line without an equals sign"}));
}

TEST_CASE("load: legacy data for a component that adopts nothing is refused") {
    site at;
    auto const why = refused(at, {.module = tally_file("1.0.0"), .legacy = bytes_of("a=3\n")});
    CHECK(why.code == errc::adopt_failed);
    CHECK(names(why.message, {"tally-1.0.0.so", "adopt()"}));
}

TEST_CASE("load: a snapshot and legacy data at once are refused") {
    site at;
    auto const frame = frame_of(at, "1.0.0", "a");
    auto const why =
        refused(at, {.module = tally_file("2.0.0"), .snapshot = frame, .legacy = bytes_of("a=3\n")});
    CHECK(why.code == errc::invalid_argument);
    CHECK(names(why.message, {"snapshot", "legacy"}));
}

TEST_CASE("load: a snapshot that leads nowhere is refused, and the name stays free") {
    site at;
    auto const newer = frame_of(at, "2.0.0", "a");
    CHECK(refused(at, {.module = tally_file("1.0.0"), .snapshot = newer}).code == errc::no_migration_path);
    auto damaged = newer;
    damaged.back() ^= std::byte{1};
    CHECK(refused(at, {.module = tally_file("2.0.0"), .snapshot = damaged}).code == errc::bad_snapshot);
    CHECK(refused(at, {.module = built("tally_other_schema", "1.0.0"), .snapshot = newer}).code ==
          errc::schema_mismatch);
    CHECK(at.runtime.load<tally>("tally", {.module = tally_file("2.0.0"), .snapshot = newer}).has_value());
}

TEST_CASE("load: a state that the component does not accept is refused") {
    site at;
    auto const frame = frame_of(at, "2.0.0", "forbidden");
    auto const why = refused(at, {.module = tally_file("3.0.0"), .snapshot = frame});
    CHECK(why.code == errc::validation_failed);
    CHECK(why.phase == phase::migrate);
    CHECK(names(why.message, {"tally-3.0.0.so", "the key \"forbidden\" is in it"}));
}

TEST_CASE("load: a snapshot taken in one runtime serves in another") {
    site there;
    auto const frame = frame_of(there, "3.0.0", "a");
    site here;
    auto const sums =
        here.runtime.load<tally>("tally", {.module = tally_file("3.0.0"), .snapshot = frame}).value();
    CHECK(sums->total("a") == 5);
    CHECK(here.snapshot("tally") == frame);
}

TEST_CASE("load: what is wrong with a module is a warning when it is loaded, and when it is swapped to") {
    site at;
    auto const file = at.directory.path() / "tally-1.0.0.so";
    test::write(file, test::unsealed(test::read(tally_file("1.0.0"))));
    std::vector<std::string> warnings;
    at.runtime
        .subscribe([&](hotswap::event const& what) {
            if (what.level == hotswap::level::warning)
                warnings.push_back(std::string(to_string(what.operation)) + ": " + what.message);
        })
        .detach();
    at.load("tally", file);
    at.swap("tally", file);
    REQUIRE(warnings.size() == 2);
    CHECK_MESSAGE(names(warnings[0], {"load: ", "never sealed", "hotswap-lint --seal"}), warnings[0]);
    CHECK_MESSAGE(names(warnings[1], {"swap: ", "never sealed", "hotswap-lint --seal"}), warnings[1]);
}
