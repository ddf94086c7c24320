#include "control/command.hpp"
#include "slot/waiting.hpp"
#include "swap/fixtures/patient.hpp"

#include <thread>

using namespace hotswap_test;

TEST_CASE("command line: status shows each component, for people and for programs") {
    commanded at;
    auto const shown = at.hotswap({"status"});
    CHECK(shown.code == 0);
    CHECK(names(shown.out, {"COMPONENT", "tally", "1.0.0", "serving"}));
    auto const read = at.hotswap({"status", "--json"});
    CHECK(read.code == 0);
    CHECK(text_at(json::parse(read.out), "/components/0/name") == "tally");
    CHECK(read.err.empty());
}

TEST_CASE("command line: exit status 0, 2 and 3: nothing to do, changes pending, refused") {
    commanded at;
    CHECK(at.hotswap({"plan", at.to("1.0.0")}).code == 0);
    auto const pending = at.hotswap({"plan", at.to("2.0.0")});
    CHECK(pending.code == 2);
    CHECK(names(pending.out, {"hotswap swap --plan "}));
    CHECK(at.hotswap({"swap", at.to("1.0.0")}).code == 0);
    auto const refused = at.hotswap({"swap", at.to("none")});
    CHECK(refused.code == 3);
    CHECK(refused.out.empty());
    CHECK(names(refused.err, {"no_such_file", "hotswap explain no_such_file"}));
    CHECK(at.status("tally").running.generation == 1);
}

TEST_CASE("command line: what plan has shown is what swap --plan does, once") {
    commanded at;
    auto const plan = at.hotswap({"plan", "--json", at.to("2.0.0")});
    REQUIRE(plan.code == 2);
    auto const token = text_at(json::parse(plan.out), "/token");
    CHECK(at.hotswap({"swap", "--plan", token}).code == 0);
    CHECK(at.status("tally").running.release == "2.0.0");
    auto const again = at.hotswap({"swap", "--plan", token, "--json"});
    CHECK(again.code == 3);
    CHECK(text_at(json::parse(again.out), "/failure/code") == "plan_stale");
}

TEST_CASE("command line: swap and revert change the component, and say what happened") {
    commanded at;
    at.sums->add("a", 1);
    auto const done = at.hotswap({"--reason", "ticket 7", "swap", at.to("2.0.0")});
    CHECK(done.code == 0);
    CHECK(names(done.out, {"1.0.0", "2.0.0", "done"}));
    CHECK(at.hotswap({"revert", "tally"}).code == 0);
    CHECK(at.sums->add("a", 1) == 2);
    CHECK(text_at(json_of(at.get("/v1/operations")), "/operations/0/reason") == "ticket 7");
}

TEST_CASE("command line: exit status 4: a release that its probation sends back") {
    commanded at;
    auto const ill = at.load<patient>("patient", built("patient", "1.0.0"));
    ill->visit("a");
    std::thread illness([&] {
        if (test::eventually([&] { return at.status("patient").on_probation; })) ill->fall_ill(false);
    });
    auto const back =
        at.hotswap({"swap", "--probation", "1h", "patient=" + built("patient", "2.0.0").native()});
    illness.join();
    CHECK(back.code == 4);
    CHECK(names(back.err, {"rolled_back", "sent back by its probation"}));
}

TEST_CASE(
    "command line: exit status 5: an operation that still runs at --timeout, which wait and abort then end") {
    commanded at;
    auto const running =
        at.hotswap({"swap", "--timeout", "0s", "--probation", "1h", at.to("2.0.0"), "--json"});
    CHECK(running.code == 5);
    auto const id = text_at(json::parse(running.out), "/id");
    REQUIRE(test::eventually([&] { return at.status("tally").on_probation; }));
    CHECK(at.hotswap({"wait", id, "--timeout", "0s"}).code == 5);
    CHECK(at.hotswap({"abort", id}).code == 0);
    CHECK(at.hotswap({"wait", id}).code == 3);
    CHECK(at.status("tally").running.release == "1.0.0");
    CHECK(at.hotswap({"wait", "00000000-1"}).code == 3);
}

TEST_CASE("command line: exit status 6: nothing answers, and --json has its one object all the same") {
    temporary_directory directory;
    auto const none = run(directory.path(), {"--socket", (directory.path() / "none").native(), "status"});
    CHECK(none.code == 6);
    CHECK(names(none.err, {"host_unreachable", "is the host running"}));
    auto const read =
        run(directory.path(), {"--socket", (directory.path() / "none").native(), "status", "--json"});
    CHECK(read.code == 6);
    CHECK(is_one_object(read.out));
}

TEST_CASE("command line: a stream that the host refuses is a refusal, not a host that is gone") {
    commanded at;
    auto const refused = at.hotswap({"events", "--after", "soon"});
    CHECK(refused.code == 3);
    CHECK(names(refused.err, {"invalid_argument", "soon"}));
    auto const read = at.hotswap({"events", "--after", "soon", "--json"});
    CHECK(read.code == 3);
    CHECK(text_at(json::parse(read.out), "/error/code") == "invalid_argument");
}

TEST_CASE("command line: exit status 7: an audit with a line that is missing") {
    commanded at;
    { auto const gone = std::move(at.control); }
    hotswap::control const control{at.runtime, {.socket = at.socket(), .audit = at.audit()}};
    for (auto const* release : {"2.0.0", "3.0.0"}) CHECK(at.hotswap({"swap", at.to(release)}).code == 0);
    auto const shown = at.hotswap({"log", at.audit().native()});
    CHECK(shown.code == 0);
    CHECK(names(shown.out, {"asked", "ended", "swap", "done"}));
    CHECK(at.hotswap({"log", "--verify", at.audit().native()}).code == 0);
    std::vector<std::string> lines;
    {
        std::ifstream in(at.audit());
        for (std::string line; std::getline(in, line);) lines.push_back(line);
    }
    {
        std::ofstream out(at.audit());
        for (std::size_t i = 0; i != lines.size(); ++i)
            if (i != 1) out << lines[i] << '\n';
    }
    auto const found = at.hotswap({"log", "--verify", at.audit().native()});
    CHECK(found.code == 7);
    CHECK(names(found.err, {":2:", "missing"}));
}

TEST_CASE("command line: exit status 64: a verb, an option, a time or a combination that there is not") {
    commanded at;
    std::vector<std::vector<std::string>> const calls{{"swop"},
                                                      {"swap", "--fast", "tally"},
                                                      {"swap"},
                                                      {"plan"},
                                                      {},
                                                      {"revert"},
                                                      {"swap", "--drain-deadline", "soon", "tally"},
                                                      {"swap", "--plan", "x", "tally"},
                                                      {"wait", "x", "--timeout", "5"}};
    for (auto words : calls) {
        auto const wrong = at.hotswap(words);
        CHECK(wrong.code == 64);
        CHECK(wrong.out.empty());
        CHECK(names(wrong.err, {"--help"}));
        words.insert(words.begin(), "--json");
        auto const read = at.hotswap(words);
        CHECK(read.code == 64);
        CHECK(is_one_object(read.out));
    }
    CHECK(run(at.directory.path(), {"status"}).code == 64);
}

TEST_CASE("command line: a saved state is put back") {
    commanded at;
    at.sums->add("a", 4);
    auto const file = (at.directory.path() / "tally.state").native();
    CHECK(at.hotswap({"snapshot", "save", "tally", file}).code == 0);
    at.sums->add("a", 4);
    CHECK(at.hotswap({"--reason", "a & b", "snapshot", "restore", "tally", file}).code == 0);
    CHECK(at.sums->add("a", 1) == 5);
    CHECK(at.hotswap({"snapshot", "save", "nothing", file}).code == 3);
}

TEST_CASE("command line: explain knows every code, without a host") {
    temporary_directory directory;
    for (int i = 0; i != 256; ++i) {
        auto const code = static_cast<hotswap::errc>(i);
        auto const name = std::string(to_string(code));
        if (hotswap::errc_named(name) != code) continue;
        auto const told = run(directory.path(), {"explain", name});
        CHECK_MESSAGE(told.code == 0, name);
        CHECK(names(told.out, {name, to_string(kind_of(code)), "What to do: "}));
    }
    CHECK(run(directory.path(), {"explain", "bad_luck"}).code == 64);
}
