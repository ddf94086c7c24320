// Settings that change while a component runs: whole or not at all, and with the state.
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/dial.hpp"

#include <atomic>
#include <stop_token>
#include <utility>

using namespace hotswap_test;
using hotswap::errc;

namespace {

struct dialled : site {
    explicit dialled(std::string const& release = "1.0.0")
        : one(load<dial>("dial", built("dial", release))) {}

    hotswap::configure_report set(hotswap::settings const& changes) {
        return runtime.configure("dial", changes).value();
    }
    hotswap::failure refused(hotswap::settings const& changes) {
        auto const before = runtime.settings_of("dial").value();
        auto const done = runtime.configure("dial", changes);
        REQUIRE(done.has_error());
        CHECK(done.error().old_serving);
        CHECK(runtime.settings_of("dial").value() == before);
        return done.error();
    }

    hotswap::handle<dial> one;
};

}  // namespace

TEST_CASE("configure: settings of every kind are read from text, and shown as text") {
    dialled at;
    CHECK(at.runtime.settings_of("dial").value() == hotswap::settings{{"cap", "none"},
                                                                      {"how", "slow"},
                                                                      {"label", "plain"},
                                                                      {"limit", "100"},
                                                                      {"penalty.after", "3"},
                                                                      {"penalty.block", "1min"},
                                                                      {"share", "0.5"},
                                                                      {"strict", "false"},
                                                                      {"window", "1s"}});
    auto const done = at.set({{"cap", "4KiB"},
                              {"how", "fast"},
                              {"label", "two words"},
                              {"limit", "7"},
                              {"penalty.block", "2h"},
                              {"share", "0.25"},
                              {"strict", "true"},
                              {"window", "250ms"}});
    CHECK(done.component == "dial");
    CHECK(done.changes.size() == 8);
    CHECK(done.changes[0].name == "cap");
    CHECK(done.changes[0].from == "none");
    CHECK(done.changes[0].to == "4096");
    CHECK(at.runtime.settings_of("dial").value().at("penalty.block") == "2h");
    CHECK(at.one->limit() == 7);
    CHECK(at.one->label() == "two words");
    CHECK(at.one->window_ms() == 250);
    CHECK(at.one->changes() == 1);
    CHECK(at.set({{"cap", "none"}}).changes.front().to == "none");
    CHECK(at.set({{"limit", "7"}}).changes.empty());
}

TEST_CASE("configure: a change that is refused changes nothing, and says what was expected") {
    dialled at;
    struct {
        hotswap::settings changes;
        std::vector<std::string_view> words;
    } const table[] = {
        {{{"limt", "5"}}, {"no setting limt", "did you mean limit?", "window"}},
        {{{"zzz", "5"}}, {"no setting zzz; the settings are", "limit"}},
        {{{"limit", "many"}}, {"limit is \"many\"", "a whole number from 0 to 4294967295"}},
        {{{"limit", "-1"}}, {"limit is \"-1\""}},
        {{{"limit", "5GiB"}}, {"limit is \"5GiB\""}},
        {{{"window", "5"}}, {"window is \"5\"", "250ms"}},
        {{{"window", "1us"}}, {"window is \"1us\""}},
        {{{"how", "quick"}}, {"one of slow, fast"}},
        {{{"share", "half"}}, {"a number"}},
        {{{"share", "inf"}}, {"a number"}},
        {{{"strict", "yes"}}, {"true or false"}},
        {{{"limit", "7"}, {"window", "soon"}}, {"window is \"soon\""}},
        {{{"limit", "2000"}, {"strict", "true"}}, {"a strict dial has a limit of 1000 at most, not 2000"}},
        {{{"label", "unwanted"}, {"limit", "7"}}, {"the label cannot be shown"}},
    };
    for (auto const& each : table) {
        auto const why = at.refused(each.changes);
        CHECK(why.code == errc::settings_refused);
        CHECK_MESSAGE(names(why.message, each.words), why.message);
        CHECK(names(why.message, {"dial-1.0.0.so", "nothing was changed"}));
    }
    CHECK(at.refused({}).code == errc::invalid_argument);
    CHECK(at.one->limit() == 100);
    CHECK(at.one->label() == "plain");
    // It was told of the settings that it refused, and of the ones before.
    CHECK(at.one->changes() == 2);
}

TEST_CASE("configure: settings stay with the state, through swap, revert, snapshot and restore") {
    dialled at;
    at.set({{"limit", "7"}});
    auto const frame = at.snapshot("dial");
    at.swap("dial", built("dial", "2.0.0"));
    CHECK(at.one->limit() == 7);
    at.set({{"limit", "8"}, {"offset", "5"}});
    CHECK(at.one->limit() == 8);
    at.runtime.revert("dial").value();
    CHECK(at.one->limit() == 8);
    CHECK(at.refused({{"offset", "5"}}).code == errc::settings_refused);
    at.runtime.restore("dial", frame).value();
    CHECK(at.one->limit() == 7);
}

TEST_CASE("configure: a component may keep its settings in a form of its own") {
    dialled at("3.0.0");
    CHECK(at.runtime.settings_of("dial").value() == hotswap::settings{{"limit", "100"}});
    CHECK(at.set({{"limit", "9"}}).changes.front().from == "100");
    CHECK(at.one->limit() == 9);
    CHECK(names(at.refused({{"label", "x"}}).message, {"only the limit can be set"}));
}

TEST_CASE("configure: a component without settings says so") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const why = at.runtime.configure("tally", {{"limit", "5"}}).error();
    CHECK(why.code == errc::no_settings);
    CHECK(names(why.message, {"tally-1.0.0.so", "settings.hpp", "swap_options::settings"}));
    CHECK(at.runtime.settings_of("tally").error().code == errc::no_settings);
    CHECK(at.runtime.configure("nothing", {{"limit", "5"}}).error().code == errc::unknown_component);
}

TEST_CASE(
    "configure: it waits for callers inside, no longer than its deadline, and ends when it is asked to") {
    dialled at;
    lease_elsewhere held(at.one);
    CHECK(at.runtime.configure("dial", {{"limit", "5"}}, {.drain_deadline = 1ms}).error().code ==
          errc::drain_timeout);
    std::stop_source source;
    auto done = std::async(std::launch::async, [&] {
        return at.runtime.configure("dial", {{"limit", "5"}},
                                    {.drain_deadline = 1h, .stop = source.get_token()});
    });
    REQUIRE(test::eventually([&] { return at.status("dial").swapping; }));
    source.request_stop();
    CHECK(done.get().error().code == errc::aborted);
    held.give_back();
    CHECK(at.one->limit() == 100);
}

TEST_CASE("configure: no call sees settings of two changes") {
    dialled at;
    std::atomic<bool> is_over{false};
    std::atomic<std::uint64_t> mixed{0};
    std::thread caller([&] {
        while (!is_over) {
            auto const lease = at.one.lease();
            if (lease->limit() != lease->window_ms()) ++mixed;
        }
    });
    at.set({{"limit", "1"}, {"window", "1ms"}});
    mixed = 0;
    for (int i = 2; i != 300; ++i)
        at.set({{"limit", std::to_string(i)}, {"window", std::to_string(i) + "ms"}});
    is_over = true;
    caller.join();
    CHECK(mixed == 0);
    CHECK(at.one->limit() == 299);
}

TEST_CASE(
    "configure: an event announces the change, and a host that subscribed to the component hears of it") {
    dialled at;
    std::vector<std::string> heard;
    auto const subscribed = at.runtime.on_change("dial", [&](hotswap::event const& what) {
        heard.push_back(fmt::format("{}: {}", to_string(what.operation), what.message));
    });
    at.set({{"limit", "5"}, {"label", "x"}});
    static_cast<void>(at.runtime.configure("dial", {{"limit", "none"}}));
    at.swap("dial", built("dial", "2.0.0"));
    at.runtime.unload("dial").value();
    REQUIRE(heard.size() == 3);
    CHECK(heard[0] == "configure: label from plain to x, limit from 100 to 5");
    CHECK(names(heard[1], {"swap: 1.0.0 → 2.0.0"}));
    CHECK(names(heard[2], {"unload: "}));
}

TEST_CASE("configure: a component hears of each change of a neighbour, and its handles lead to the new one") {
    dialled at;
    auto const has_heard = [&](std::uint64_t times, std::uint32_t limit) {
        return test::eventually(
            [&] { return at.one->heard() == times && at.one->limit_of_other() == limit; });
    };
    auto const other = at.load<dial>("other", built("dial", "1.0.0"));
    REQUIRE(has_heard(1, 100));
    at.runtime.configure("other", {{"limit", "5"}}).value();
    REQUIRE(has_heard(2, 5));
    at.swap("other", built("dial", "2.0.0"));
    REQUIRE(has_heard(3, 5));
    at.runtime.revert("other").value();
    REQUIRE(has_heard(4, 5));
    at.runtime.configure("dial", {{"limit", "6"}}).value();
    CHECK(at.one->heard() == 4);
    // The next generation listens anew.
    at.swap("dial", built("dial", "2.0.0"));
    at.runtime.configure("other", {{"limit", "7"}}).value();
    REQUIRE(has_heard(1, 7));
}
