#include "gateway_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <set>

using namespace gateway_tests;

TEST_CASE("gateway: who logs in gets items, the second time from the cache, until the session is ended") {
    running_gateway const served;
    auto client = served.client();
    auto const token = login(client);
    CHECK(token.size() == 64);

    auto const first = client.send("GET", "/item/tea", {}, bearer(token));
    CHECK(first.status == 200);
    CHECK(first.header("Content-Type") == "application/json");
    CHECK(member(first, "key") == "tea");
    CHECK(member(first, "cached") == "false");
    auto const second = client.send("GET", "/item/tea?for=two", {}, bearer(token));
    CHECK(member(second, "cached") == "true");
    CHECK(member(second, "value") == member(first, "value"));
    CHECK(member(second, "revision") == member(first, "revision"));

    CHECK(client.send("POST", "/logout", {}, bearer(token)).status == 200);
    CHECK(client.send("GET", "/item/tea", {}, bearer(token)).status == 401);
    CHECK(client.send("POST", "/logout", {}, bearer(token)).status == 401);
    CHECK(client.send("GET", "/healthz").status == 200);
}

TEST_CASE("gateway: without a token that is good no client gets or ends anything") {
    running_gateway const served;
    auto client = served.client();
    for (auto const& [method, target] : {std::pair{"GET", "/item/tea"}, {"POST", "/logout"}})
        for (auto const& more : {http_client::headers{}, bearer(""), bearer(std::string(64, '0')),
                                 http_client::headers{{"Authorization", "Basic YW5uOmFubg=="}}}) {
            auto const refused = client.send(method, target, {}, more);
            CHECK(refused.status == 401);
            CHECK(refused.header("WWW-Authenticate") == "Bearer");
            CHECK(member(refused, "error") == "unauthorized");
        }
}

TEST_CASE("gateway: what does not exist is 404, another method is 405 and says which") {
    running_gateway const served;
    auto client = served.client();
    auto const token = login(client);
    CHECK(member(client.send("GET", "/item/missing-1", {}, bearer(token)), "error") == "not_found");
    for (char const* target : {"/", "/item", "/item/a/b", "/nothing", "/status", "/swap/cache"})
        CHECK_MESSAGE(client.send("GET", target, {}, bearer(token)).status == 404, target);

    for (auto const& [method, target, allowed] : {std::tuple{"GET", "/login", "POST"},
                                                  {"DELETE", "/item/tea", "GET"},
                                                  {"BREW", "/item/tea", "GET"},
                                                  {"GET", "/logout", "POST"},
                                                  {"POST", "/healthz", "GET"},
                                                  {"HEAD", "/healthz", "GET"}}) {
        auto const refused = client.send(method, target);
        CHECK_MESSAGE(refused.status == 405, method);
        CHECK(refused.header("Allow") == allowed);
        CHECK(refused.body.empty() == (std::string_view(method) == "HEAD"));
    }
}

TEST_CASE("gateway: a login that is not the JSON it should be is 400, and the connection lives on") {
    running_gateway const served;
    auto client = served.client();
    for (std::string const body : {"", "{", "[]", "17", R"({"user": 17})", R"({"user": ""})",
                                   R"({"name": "ann"})", "{\"user\": \"\xff\"}", R"({"user": "ann"} more)"}) {
        auto const refused = client.send("POST", "/login", body);
        CHECK_MESSAGE(refused.status == 400, body);
        CHECK(member(refused, "message") != "(none)");
        CHECK(refused.keep_alive);
    }
    CHECK(client.send("POST", "/login", R"({"user": ")" + std::string(129, 'a') + R"("})").status == 400);
    CHECK(login(client).size() == 64);
}

TEST_CASE("gateway: a user who has too many sessions gets 429, and others log in") {
    running_gateway const served({"--start-with", "1.0.0", "--limit", "100000/100000"});
    auto client = served.client();
    std::string const body = R"({"user": "eve"})";
    auto last = client.send("POST", "/login", body);
    for (int i = 0; i != 1024 && last.status == 200; ++i) last = client.send("POST", "/login", body);
    CHECK(last.status == 429);
    CHECK(member(last, "error") == "too_many_sessions");
    CHECK(login(client).size() == 64);
}

TEST_CASE("gateway: keys are percent-decoded text, and what cannot be one is 400") {
    running_gateway const served;
    auto client = served.client();
    auto const token = login(client);
    CHECK(member(client.send("GET", "/item/a%20b%2Fc%22", {}, bearer(token)), "key") == "a b/c\"");
    CHECK(member(client.send("GET", "/item/T%C3%A4schchen", {}, bearer(token)), "key") == "Täschchen");
    CHECK(client.send("GET", "http://gateway/item/tea", {}, bearer(token)).status == 200);
    for (char const* target : {"/item/%", "/item/%zz", "/item/%ff", "/item/", "http://["})
        CHECK_MESSAGE(client.send("GET", target, {}, bearer(token)).status == 400, target);
    CHECK(client.send("GET", "/item/" + std::string(513, 'k'), {}, bearer(token)).status == 400);
}

TEST_CASE("gateway: a client over its limit gets the time to come back, and cannot call itself another") {
    running_gateway const served({"--limit", "1/3"});
    auto client = served.client();
    std::vector<unsigned> statuses;
    for (int i = 0; i != 4; ++i)
        statuses.push_back(client.send("GET", "/nothing", {}, {{"X-Client", std::to_string(i)}}).status);
    CHECK(statuses == std::vector<unsigned>{404, 404, 404, 429});

    auto const refused = client.send("POST", "/login", R"({"user": "ann"})");
    CHECK(refused.status == 429);
    CHECK(refused.header("Retry-After") == "1");
    CHECK(member(refused, "error") == "too_many_requests");
    CHECK(refused.keep_alive);
    CHECK(client.send("GET", "/healthz").status == 200);
}

TEST_CASE("gateway: a trusted header says whose limit counts") {
    running_gateway const served({"--limit", "1/1", "--trust-client-header"});
    auto client = served.client();
    auto const status_for = [&](char const* who) {
        return client.send("GET", "/nothing", {}, {{"X-Client", who}}).status;
    };
    CHECK(status_for("ann") == 404);
    CHECK(status_for("ann") == 429);
    CHECK(status_for("ben") == 404);
}

TEST_CASE("gateway: however many miss an item at once, the origin is asked for it once") {
    running_gateway const served({"--origin-delay", "500ms", "--threads", "4"});
    auto client = served.client();
    auto const token = login(client);
    std::vector<http_client> clients;
    for (int i = 0; i != 6; ++i) clients.push_back(served.client());
    for (auto& each : clients)
        each.write("GET /item/tea HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer " + token + "\r\n\r\n");
    std::set<std::string> revisions;
    for (auto& each : clients) revisions.insert(member(each.read(), "revision"));
    CHECK(revisions == std::set<std::string>{"1"});
}
