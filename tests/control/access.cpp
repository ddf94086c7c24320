#include "control/fixture.hpp"

#include "control/service.hpp"
#include "control/verbs.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <future>
#include <random>

using namespace hotswap_test;
using hotswap::control_role;
using hotswap::errc;
using namespace hotswap::detail;

namespace {

control_peer peer_with(control_role role) {
    return {.uid = 12345, .gid = 12345, .pid = 1, .name = "someone", .role = role};
}

// A request of the verb's form for the component `tally`.
control_request request_of(control_verb const& verb, control_role role) {
    control_request request{.method = std::string(verb.method), .from = peer_with(role)};
    for (auto rest = verb.path; !rest.empty();) {
        rest.remove_prefix(1);
        auto const segment = rest.substr(0, rest.find('/'));
        request.path.emplace_back(segment == "*" ? "tally" : segment);
        rest.remove_prefix(segment.size());
    }
    return request;
}

bool has_ended(hotswap::result<void> const& watch) { return watch.has_value(); }

// What comes back for bytes that are sent as they are, until the host closes or has answered once.
std::string raw(fs::path const& socket, std::string const& bytes, bool hang_up = true) {
    int const at = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::connect(at, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0);
    static_cast<void>(::send(at, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (hang_up) ::shutdown(at, SHUT_WR);
    std::string got;
    char block[4096];
    for (ssize_t size = 0; (size = ::read(at, block, sizeof block)) > 0;)
        got.append(block, static_cast<std::size_t>(size));
    ::close(at);
    return got;
}

}  // namespace

TEST_CASE("control roles: each verb is for its role and those above it, and the refusal names both") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    control_service service(at.runtime, {}, [] {});
    for (auto const& verb : control_verbs())
        for (auto const role :
             {control_role::none, control_role::viewer, control_role::operator_, control_role::admin}) {
            CAPTURE(verb.name);
            CAPTURE(to_string(role));
            auto const answer = service.answer(request_of(verb, role));
            bool const is_refused = answer.body.find("not_permitted") != std::string::npos;
            CHECK(is_refused == (role < verb.role));
            CHECK(answer.body.find("nothing answers") == std::string::npos);
            if (!is_refused) continue;
            CHECK(answer.status == 403);
            CHECK(names(answer.body, {"someone", to_string(role), to_string(verb.role), verb.name}));
        }
}

TEST_CASE(
    "control roles: only the host's user has a role without a group, and reading verbs change nothing") {
    CHECK(role_in({1, 2, 3}, {}) == control_role::none);
    CHECK(role_in({1, 2, 3},
                  {{2, control_role::viewer}, {3, control_role::operator_}, {4, control_role::admin}}) ==
          control_role::operator_);
    for (auto const& verb : control_verbs())
        CHECK(verb.changes == (verb.method == "POST" && verb.name != "plan"));
}

TEST_CASE(
    "control limits: what is too large, too deep, unknown or no HTTP is refused, and the host serves on") {
    operated at({.limits = {.header_bytes = 2048, .body_bytes = 4096, .depth = 4}});
    SUBCASE("a body") {
        auto const reply = at.client().send("POST", "/v1/plan", std::string(5000, ' '), patience).value();
        CHECK(reply.status == 413);
        CHECK(names(reply.body, {"limit_reached", "4096"}));
    }
    SUBCASE("a body of a wait that would never end") {
        auto const reply = at.post("/v1/revert", {{"component", "other"}, {"wait_ns", INT64_MAX}});
        CHECK(text_at(json_of(reply), "/failure/code") == "unknown_component");
    }
    SUBCASE("a header") {
        auto const got = raw(
            at.socket(), "GET /v1/status HTTP/1.1\r\nHost: a\r\nX: " + std::string(3000, 'x') + "\r\n\r\n");
        CHECK(names(got, {" 431 ", "2048"}));
    }
    SUBCASE("nesting") {
        auto const reply = at.client().send("POST", "/v1/plan", "[[[[[[1]]]]]]", patience).value();
        CHECK(reply.status == 400);
        CHECK(names(reply.body, {"invalid_argument", "4 levels"}));
    }
    SUBCASE("a member that there is not") {
        auto const reply = at.post("/v1/swap", {{"component", "tally"}, {"optoins", json::object()}});
        CHECK(reply.status == 400);
        CHECK(names(reply.body, {"optoins", "there is no such member", "options"}));
    }
    SUBCASE("a verb that there is not") {
        auto const reply = at.get("/v1/swop");
        CHECK(reply.status == 404);
        CHECK(names(reply.body, {"no_such_verb", "/v1/swop", "POST /v1/swap"}));
    }
    SUBCASE("another protocol") { CHECK(names(raw(at.socket(), "EHLO example.org\r\n\r\n"), {" 400 "})); }
    SUBCASE("no host") { CHECK(names(raw(at.socket(), "GET /v1/status HTTP/1.1\r\n\r\n"), {" 400 "})); }
    SUBCASE("a request that is cut") {
        CHECK(raw(at.socket(), "POST /v1/swap HTTP/1.1\r\nHost: a\r\nContent-Le").empty());
    }
    SUBCASE("a body that is cut") {
        CHECK(raw(at.socket(), "POST /v1/swap HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{").empty());
    }
    CHECK(at.get("/v1/status").status == 200);
    CHECK(at.status("tally").running.generation == 1);
}

TEST_CASE("control limits: a peer that begins a request and does not end it is answered and hung up on") {
    operated at({.limits = {.header_deadline = 50ms, .body_deadline = 50ms}});
    CHECK(names(raw(at.socket(), "POST /v1/swap HTTP/1.1\r\nHo", false), {" 408 ", "in time"}));
    CHECK(names(raw(at.socket(), "POST /v1/swap HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{", false),
                {" 408 "}));
}

TEST_CASE("control limits: more connections than there may be are refused, and one that closes makes room") {
    operated at({.limits = {.connections = 2}});
    auto const get = [](control_client& by) {
        return by.send("GET", "/v1/status", {}, patience).value().status;
    };
    auto first = at.client();
    CHECK(get(first) == 200);
    {
        auto second = at.client();
        CHECK(get(second) == 200);
        auto third = at.client();
        CHECK(get(third) == 503);
    }
    unsigned status = 503;
    while (status == 503) {
        auto fourth = at.client();
        status = get(fourth);
    }
    CHECK(status == 200);
}

TEST_CASE("control limits: a user who asks for changes without end has to wait, and may still look") {
    operated at({.limits = {.changes_per_minute = 2}});
    json::object const body{{"component", "nothing"}, {"wait_ns", 60'000'000'000}};
    for (int i = 0; i != 2; ++i) CHECK(at.post("/v1/revert", body).status == 200);
    auto const refused = at.post("/v1/revert", body);
    CHECK(refused.status == 429);
    CHECK(names(refused.body, {"too_many_requests", "more than 2 changes"}));
    CHECK(at.get("/v1/status").status == 200);
}

TEST_CASE("control: no bytes of a stranger bring it down") {
    operated at({.limits = {.header_deadline = 1s, .body_deadline = 1s}});
    std::mt19937 random(7);
    std::vector<std::string> const seeds{
        "GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/swap HTTP/1.1\r\nHost: a\r\nContent-Length: "
        "44\r\n\r\n{\"component\":\"tally\",\"options\":{\"module\":\"x\"}}",
        "GET /v1/operations/%ff%00?wait_ns=18446744073709551615 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/plan HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n0\r\n\r\n",
        "GET /v1/events?after=-1 HTTP/1.1\r\nHost: a\r\n\r\n"};
    for (int i = 0; i != 400; ++i) {
        auto bytes = seeds[random() % seeds.size()];
        for (unsigned changes = random() % 6; changes != 0; --changes)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        if (random() % 4 == 0) bytes.resize(random() % bytes.size());
        static_cast<void>(raw(at.socket(), bytes));
    }
    CHECK(at.get("/v1/status").status == 200);
    CHECK(at.sums->add("a", 1) == 1);
}

TEST_CASE(
    "control streams: events come in their order with their numbers, and a status comes after each change") {
    operated at;
    auto const swaps = std::async(std::launch::async, [&] { at.swap_to("2.0.0"); });
    std::uint64_t events = 0;
    REQUIRE(
        has_ended(at.client().follow("/v1/events?after=0", [&](std::string_view kind, std::string_view data) {
            ++events;
            CHECK(kind == "event");
            auto const what = json::parse({data.data(), data.size()});
            return !(text_at(what, "/operation") == "swap" && text_at(what, "/phase") == "none");
        })));
    CHECK(events > 5);
    swaps.wait();
    std::string release;
    REQUIRE(
        has_ended(at.client().follow("/v1/status?watch", [&](std::string_view kind, std::string_view data) {
            CHECK(kind == "status");
            release = text_at(json::parse({data.data(), data.size()}), "/components/0/release");
            if (release == "2.0.0") at.swap_to("3.0.0");
            return release != "3.0.0";
        })));
    CHECK(release == "3.0.0");
}
