// Verbs that a host adds to its control interface.
#include "control/fixture.hpp"

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <stdexcept>

using namespace hotswap_test;
using hotswap::control_role;
using hotswap::errc;
using hotswap::host_verb;
using hotswap::host_verb_end;

namespace {

std::string content_of(fs::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

hotswap::control_options with_verb(host_verb verb) {
    hotswap::control_options made;
    made.verbs.push_back(std::move(verb));
    return made;
}

host_verb echo() {
    return {.name = "echo", .run = [](std::string_view body, hotswap::host_verb_call const& call) {
                call.tell("said at once");
                return host_verb_end{.report = fmt::format(R"({{"body": {}}})", body)};
            }};
}

}  // namespace

TEST_CASE(
    "control: a verb of the host is an operation as others, and gets the body without reason and wait") {
    temporary_directory scratch;
    auto options = with_verb(echo());
    options.audit = scratch.path() / "audit.jsonl";
    operated at(std::move(options));
    auto const done =
        json_of(at.post("/v1/echo", {{"depth", 3}, {"reason", "a try"}, {"wait_ns", 60'000'000'000}}));
    CHECK(text_at(done, "/verb") == "echo");
    CHECK(text_at(done, "/outcome") == "done");
    CHECK(text_at(done, "/reason") == "a try");
    CHECK(json::serialize(done.at_pointer("/report/body")) == R"({"depth":3})");
    CHECK(names(content_of(scratch.path() / "audit.jsonl"), {"\"verb\":\"echo\"", "a try"}));
    bool has_event = false;
    REQUIRE(at.client()
                .follow("/v1/events?after=0",
                        [&](std::string_view, std::string_view event) {
                            has_event = event.find("echo: said at once") != event.npos;
                            return !has_event;
                        })
                .has_value());
    CHECK(has_event);
    CHECK(at.post("/v1/echo", json::array{}).status == 400);
    CHECK(at.post("/v1/echo", {{"wait_ns", "long"}}).status == 400);
    CHECK(at.get("/v1/echo").status == 404);
}

TEST_CASE("control: a verb of the host that fails, throws or leaves something behind ends so") {
    host_verb_end how;
    SUBCASE("it fails") {
        how.why = hotswap::failure{.code = errc::pool_failed, .message = "the disk is full"};
        operated at(with_verb({.name = "fix", .run = [&](auto, auto const&) { return how; }}));
        auto const ended = json_of(at.post("/v1/fix", {{"wait_ns", 60'000'000'000}}));
        CHECK(text_at(ended, "/outcome") == "undone");
        CHECK(text_at(ended, "/failure/message") == "the disk is full");
    }
    SUBCASE("it leaves something behind") {
        how.is_inconsistent = true;
        operated at(with_verb({.name = "fix", .run = [&](auto, auto const&) { return how; }}));
        CHECK(text_at(json_of(at.post("/v1/fix", {{"wait_ns", 60'000'000'000}})), "/outcome") ==
              "inconsistent");
    }
    SUBCASE("it throws") {
        operated at(with_verb({.name = "fix", .run = [](auto, auto const&) -> host_verb_end {
                                   throw std::runtime_error("a bug");
                               }}));
        auto const ended = json_of(at.post("/v1/fix", {{"wait_ns", 60'000'000'000}}));
        CHECK(text_at(ended, "/outcome") == "inconsistent");
        CHECK(names(text_at(ended, "/failure/message"), {"a bug"}));
    }
}

TEST_CASE("control: an abort asks a verb of the host to stop") {
    std::atomic<bool> has_begun{false};
    operated at(with_verb({.name = "fix", .run = [&](auto, hotswap::host_verb_call const& call) {
                               has_begun = true;
                               std::mutex alone;
                               std::condition_variable_any news;
                               std::unique_lock lock(alone);
                               news.wait(lock, call.stop, [] { return false; });
                               return host_verb_end{.why = hotswap::failure{.code = errc::aborted}};
                           }}));
    auto const id = text_at(json_of(at.post("/v1/fix", json::object{})), "/id");
    auto const ended =
        json_of(at.post(fmt::format("/v1/operations/{}/abort", id), {{"wait_ns", 60'000'000'000}}));
    CHECK(text_at(ended, "/failure/code") == "aborted");
    CHECK(has_begun);
}

TEST_CASE(
    "control: a verb of the host whose name is taken, or that does nothing, is refused before the socket "
    "opens") {
    site at;
    auto const refusal = [&](host_verb verb) {
        auto options = with_verb(std::move(verb));
        options.socket = at.directory.path() / "run" / "hotswap.sock";
        auto const opened = hotswap::control::open(at.runtime, std::move(options));
        REQUIRE(opened.has_error());
        CHECK(opened.error().code == errc::invalid_argument);
        return opened.error().message;
    };
    auto named = [](std::string name) {
        auto verb = echo();
        verb.name = std::move(name);
        return verb;
    };
    CHECK(names(refusal(named("swap")), {"\"swap\"", "a name of its own"}));
    CHECK(names(refusal(named("")), {"lower-case"}));
    CHECK(names(refusal(named("a/b")), {"lower-case"}));
    CHECK(names(refusal({.name = "fix"}), {"a function"}));
    auto open = echo();
    open.role = control_role::none;
    CHECK(names(refusal(std::move(open)), {"a role"}));
    CHECK_FALSE(fs::exists(at.directory.path() / "run" / "hotswap.sock"));
}
