// Pools that change components of a running host, together with files.
#include "pool/live_fixture.hpp"

using namespace hotswap_test;
using hotswap::errc;

TEST_CASE("live pools: components and files change in one pause, and the state is kept") {
    live_pools at;
    at.sums->add("a", 2);
    live_pool(at.files, fmt::format(R"({{"swap": "tally", "module": "TALLY2"}}, {})", conf_file),
              R"([{"healthy": "tally"}, "grep new WWW/conf"])");
    auto const done = at.apply_one();
    CHECK(done.outcome == pool_outcome::applied);
    CHECK(done.reason == "");
    CHECK(at.release() == "2.0.0");
    CHECK(at.sums->total("a") == 2);
    CHECK(at.conf() == "new");
    REQUIRE(done.swaps.size() == 1);
    CHECK(done.swaps[0].to.release == "2.0.0");
    CHECK(done.pause >= done.half_visible);
    CHECK(done.half_visible.count() > 0);
}

TEST_CASE("live pools: a second run changes nothing and runs no closure") {
    live_pools at;
    live_pool(at.files, fmt::format(R"({{"swap": "tally", "module": "TALLY2"}}, {})", conf_file),
              R"(["echo ran >>WWW/log"])");
    at.apply_one();
    auto const generation = at.status("tally").running.generation;
    CHECK(at.apply_one().outcome == pool_outcome::unchanged);
    CHECK(at.status("tally").running.generation == generation);
    CHECK(content(at.files.www("log")) == "ran\n");
    at.swap("tally", tally_file("3.0.0"));
    auto const noticed = at.apply_one();
    CHECK(noticed.outcome == pool_outcome::unchanged);
    CHECK(has(noticed.reason, "tally runs 3.0.0, and not 2.0.0 any more"));
    auto again = at.options();
    again.retry = true;
    CHECK(at.apply_one(again).outcome == pool_outcome::applied);
    CHECK(at.release() == "2.0.0");
}

TEST_CASE(
    "live pools: a closure that fails takes components back with what was written since, and restores the "
    "files") {
    live_pools at;
    at.sums->add("a", 2);
    live_pool(at.files, fmt::format(R"({{"swap": "tally", "module": "TALLY2"}}, {})", conf_file),
              R"(["cat WWW/conf >>WWW/log; echo >>WWW/log", "grep old WWW/conf"])");
    auto options = at.options();
    options.on_progress = [&](std::string_view line) {
        // The gates are open again.
        if (line.find("closure") != line.npos && at.release() == "2.0.0") at.sums->add("a", 5);
    };
    auto const done = at.apply_one(options);
    CHECK(done.outcome == pool_outcome::restored);
    CHECK(has(done.reason, "grep old"));
    CHECK_FALSE(has(done.reason, "either"));
    CHECK(at.release() == "1.0.0");
    CHECK(at.sums->total("a") == 7);
    CHECK(at.conf() == "old");
    CHECK(content(at.files.www("log")) == "new\nold\n");
    CHECK(at.apply_one().outcome == pool_outcome::skipped);
}

TEST_CASE("live pools: settings change with the pool, and have their values before when it is undone") {
    live_pools at;
    auto const manifest = [&](std::string const& closure) {
        live_pool(at.files,
                  fmt::format(R"({{"configure": "dial", "settings": {{"limit": "7", "label": "x"}}}}, {})",
                              conf_file),
                  closure);
    };
    manifest(R"(["false"])");
    auto const failed = at.apply_one();
    CHECK(failed.outcome == pool_outcome::restored);
    REQUIRE(failed.configured.size() == 1);
    CHECK(failed.configured[0].changes.size() == 2);
    CHECK(at.knob->limit() == 100);
    CHECK(at.knob->label() == "plain");
    CHECK(at.conf() == "old");
    manifest(R"([{"healthy": "dial"}])");
    CHECK(at.apply_one().outcome == pool_outcome::applied);
    CHECK(at.knob->limit() == 7);
    CHECK(at.knob->label() == "x");
}

TEST_CASE("live pools: what cannot be done, or could not be undone, is refused before anything is touched") {
    live_pools at;
    std::string operation;
    std::string why;
    SUBCASE("a swap that could not be undone") {
        operation = R"({"swap": "tally", "module": "ONEWAY"})";
        why = "could not be undone";
    }
    SUBCASE("a component that is not there") {
        operation = R"({"swap": "talley", "module": "TALLY2"})";
        why = "talley";
    }
    SUBCASE("a module that is not there") {
        operation = R"({"swap": "tally", "module": "tally-9.9.9.so"})";
        why = "tally-9.9.9.so";
    }
    SUBCASE("a setting that is not there") {
        operation = R"({"configure": "dial", "settings": {"limmit": "7"}})";
        why = "dial has no setting limmit; it has cap, how, label";
    }
    SUBCASE("a component without settings") {
        operation = R"({"configure": "tally", "settings": {"limit": "7"}})";
        why = "tally";
    }
    live_pool(at.files, fmt::format("{}, {}", operation, conf_file), R"(["echo ran >>WWW/log"])");
    auto const done = at.apply_one();
    CHECK(done.outcome == pool_outcome::skipped);
    CHECK_MESSAGE(has(done.reason, "nothing was touched"), done.reason);
    CHECK_MESSAGE(has(done.reason, why), done.reason);
    CHECK(at.release() == "1.0.0");
    CHECK(at.conf() == "old");
    CHECK(content(at.files.www("log")) == "(none)");
}

TEST_CASE("live pools: settings that the component refuses undo the pool") {
    live_pools at;
    live_pool(
        at.files,
        fmt::format(
            R"({{"swap": "tally", "module": "TALLY2"}}, {{"configure": "dial", "settings": {{"limit": "many"}}}}, {})",
            conf_file),
        R"(["true"])");
    auto const done = at.apply_one();
    CHECK(done.outcome == pool_outcome::restored);
    CHECK_MESSAGE(has(done.reason, "limit"), done.reason);
    CHECK(at.release() == "1.0.0");
    CHECK(at.conf() == "old");
}

TEST_CASE("live pools: without a host the pool is skipped, and the others go on") {
    live_pools at;
    live_manifest(at.files, fmt::format(R"({{"metadata": {{"schema_version": "1"}}, "pools": [
        {{"id": "live", "operations": [{{"swap": "tally", "module": "TALLY2"}}]}},
        {{"id": "files", "operations": [{}]}}]}})",
                                        conf_file));
    auto const done = hotswap::apply_pools(at.files.hotfix(), at.files.options()).value();
    CHECK(done.pools[0].outcome == pool_outcome::skipped);
    CHECK(has(done.pools[0].reason, "through the host"));
    CHECK(done.pools[1].outcome == pool_outcome::applied);
}

TEST_CASE("live pools: a module may be a file of the manifest") {
    live_pools at;
    fs::copy(tally_file("2.0.0"), at.files.hotfix() / "src" / "tally-2.0.0.so");
    live_pool(at.files, R"({"swap": "tally", "module": "src/tally-2.0.0.so"})", R"(["true"])");
    CHECK(at.apply_one().outcome == pool_outcome::applied);
    CHECK(at.release() == "2.0.0");
}

TEST_CASE(
    "live pools: a dry run says what would change and how long callers would wait, and changes nothing") {
    live_pools at;
    live_pool(at.files, fmt::format(R"({{"swap": "tally", "module": "TALLY2"}}, {})", conf_file),
              R"(["false"])");
    auto dry = at.options();
    dry.dry_run = true;
    auto const told = at.apply_one(dry);
    CHECK(told.outcome == pool_outcome::applied);
    CHECK(told.predicted_pause.count() > 0);
    CHECK(told.bytes == 6);
    REQUIRE(told.planned.size() == 3);
    CHECK(has(told.planned[0], "tally: 1.0.0 → 2.0.0"));
    CHECK(has(told.planned[1], "conf: replaced"));
    CHECK(has(told.planned[2], "6 bytes"));
    CHECK_FALSE(told.files.at(0).written);
    CHECK(at.release() == "1.0.0");
    CHECK(at.conf() == "old");
}

TEST_CASE("live pools: every mistake in operations on components has its place") {
    pools at;
    at.manifest(R"({"metadata": {"schema_version": "1"}, "pools": [{"id": "p", "operations": [
{"swap": "cache", "modul": "cache-2.1.0.so"},
{"swap": "", "module": "x.so"},
{"swap": "users"},
{"swap": "users"},
{"swap": "other", "module": "src/../../x.so"},
{"swap": "more", "allow_loss": "yes"},
{"configure": "session"},
{"configure": "limiter", "settings": {}},
{"configure": "limiter", "settings": {"rate": 7}}]}]})");
    auto const why = at.refusal();
    CHECK(why.code == errc::pool_refused);
    for (char const* const each :
         {"index.json:2:", "no member \"modul\"", "index.json:3:", "no name",
          "index.json:5:", "swaps \"users\" already", "index.json:6:", "not below src/",
          "index.json:7:", "allow_loss", "index.json:8:", "\"settings\" is missing",
          "index.json:9:", "no setting", "index.json:10:", "configures \"limiter\" already"})
        CHECK_MESSAGE(has(why.message, each), why.message);
}
