// A component whose destructor calls another one: the host survives the end of either, in any order.
#include "durable/stored_house.hpp"
#include "runtime/fixtures/line_sink.hpp"
#include "slot/waiting.hpp"

#include <atomic>
#include <semaphore>

using namespace hotswap_test;
using hotswap::errc;
using namespace std::chrono_literals;

namespace {

fs::path const modules = fs::path(HOTSWAP_TEST_MODULES) / "runtime";

ended run_host(fs::path const& directory, std::string const& sink, std::string const& words,
               std::string const& environment = {}) {
    return run_program("env " + environment + " " HOTSWAP_TEST_WRITING_HOST " " + sink + " '" +
                       directory.string() + "' '" + modules.string() + "' '" + HOTSWAP_TEST_MODULES +
                       "/swap' " + words + " 2>&1");
}

}  // namespace

TEST_CASE("shutdown: a destructor reaches a component that was loaded before its own, whatever their names") {
    for (auto const* const sink : {"a_sink", "z_sink"}) {
        CAPTURE(sink);
        temporary_directory const at;
        auto const ended = run_host(at.path(), sink, "load");
        CHECK_MESSAGE(ended.well(), ended.said);
        CHECK(ended.said == "sink got: the last lines\n");
    }
}

TEST_CASE("shutdown: so it does where a recovery is undone, which is refused and not fatal") {
    for (auto const* const sink : {"a_sink", "z_sink"}) {
        CAPTURE(sink);
        temporary_directory const at;
        auto const first = run_host(at.path(), sink, "store load third");
        CHECK_MESSAGE(first.well(), first.said);
        CHECK(first.said == "recover: ok\nsink got: the last lines\n");
        auto const again = run_host(at.path(), sink, "store");
        CHECK_MESSAGE(again.well(), again.said);
        CHECK(again.said == "sink got: the last lines\nrecover: construct_failed\n");
    }
}

TEST_CASE("unload: a component to which another one holds a handle is not unloaded under it") {
    for (auto const* const sink : {"a_sink", "z_sink"}) {
        CAPTURE(sink);
        temporary_directory const at;
        std::string const unload = std::string("load unload=") + sink;
        for (auto const* const then : {"", " swap", " unload=m_writer"}) {
            CAPTURE(then);
            auto const ended = run_host(at.path(), sink, unload + then);
            CHECK_MESSAGE(ended.well(), ended.said);
            CHECK(ended.said.starts_with("unload: in_use\n"));
            CHECK(ended.said.find("sink got: the last lines\n") != std::string::npos);
        }
        // After the referring component is unloaded the sink can be unloaded as well.
        auto const both = run_host(at.path(), sink, std::string("load unload=m_writer unload=") + sink);
        CHECK(both.said == "sink got: the last lines\nunload: ok\nunload: ok\n");
    }
}

TEST_CASE(
    "unload: by force, a destructor that asks with try_enter whether its neighbour is there does no harm") {
    temporary_directory const at;
    auto const ended = run_host(at.path(), "a_sink", "load force=a_sink swap unload=m_writer", "ASKS=1");
    CHECK_MESSAGE(ended.well(), ended.said);
    CHECK(ended.said == "unload: ok\nswap: ok\nunload: ok\n");
    auto const there = run_host(at.path(), "a_sink", "load", "ASKS=1");
    CHECK(there.said == "sink got: the last lines\n");
}

TEST_CASE("unload: a refusal names who holds handles, and leaves everything as it was") {
    site at(modules);
    auto const sink = at.load<line_sink>("sink", "line_sink");
    auto const writer = at.load<line_writer>("writer", "asking_writer");
    auto const other = at.load<line_writer>("other", "asking_writer");
    REQUIRE(writer->keep("sink"));
    REQUIRE(other->keep("sink"));
    auto const refused = at.runtime.unload("sink");
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::in_use);
    CHECK(refused.error().old_serving);
    CHECK(names(refused.error().message, {"other, writer hold handles", "unload_options::force"}));
    sink->write("");
    // A handle to the component itself keeps nothing, and a retired generation holds no handle.
    REQUIRE_FALSE(other->keep("nothing"));
    at.swap("writer", modules / "asking_writer-1.0.0.so");
    CHECK(names(at.runtime.unload("sink").error().message, {"writer hold handles"}));
    at.runtime.unload("writer").value();
    at.runtime.unload("sink").value();
}

TEST_CASE("jobs: a timer that always fails is logged at once and then at each power of ten") {
    site at(modules);
    at.load<line_sink>("sink", "line_sink");
    auto const writer = at.load<line_writer>("writer", "asking_writer");
    std::atomic<int> lines{0};
    std::atomic<bool> tenth{false};
    std::atomic<bool> wrong{false};
    at.runtime
        .subscribe([&](hotswap::event const& what) {
            if (what.operation != hotswap::operation::log || what.component != "writer") return;
            if (what.message.find("is no longer loaded") == what.message.npos) return;
            ++lines;
            if (names(what.message, {"(10 times in a row)"})) tenth = true;
            if (names(what.message, {"(2 times"})) wrong = true;
        })
        .detach();
    REQUIRE(writer->keep("sink"));
    at.runtime.unload("sink", {.force = true}).value();
    writer->call_often();
    REQUIRE(test::eventually([&] { return tenth.load(); }));
    CHECK(lines >= 2);
    CHECK(lines <= 3);
    CHECK_FALSE(wrong);
}

TEST_CASE("shutdown: a subscriber may use the runtime while its destructor runs") {
    temporary_directory const at;
    // The host's check does not return before the destructor has: the destructor's deadline passes, and its event is published.
    auto const begun = std::make_shared<std::binary_semaphore>(0);
    auto const over = std::make_shared<std::binary_semaphore>(0);
    std::size_t components = 0;
    {
        hotswap::runtime runtime({.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                  .staging = at.path() / "staging",
                                  .log_to_stderr = false,
                                  .rehearse = hotswap::rehearse::never,
                                  .exit_deadline = 50ms});
        runtime.load<tally>("tally", {.module = "tally-1.0.0.so"}).value();
        auto const check = [begun, over] {
            begun->release();
            over->acquire();
            return std::string();
        };
        hotswap::probation const terms{.duration = 1h, .interval = 1ms, .check = check};
        runtime.swap("tally", {.module = "tally-2.0.0.so", .probation = terms}).value();
        begun->acquire();
        runtime
            .subscribe([&](hotswap::event const& what) {
                if (what.outcome == hotswap::outcome::failed) components = runtime.status().size();
            })
            .detach();
    }
    CHECK(components == 1);
    over->release();
}
