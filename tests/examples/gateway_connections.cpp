#include "gateway_fixture.hpp"

#include <doctest/doctest.h>

using namespace gateway_tests;

TEST_CASE("gateway: a body over the limit is 413, a client that sends it all the same can still read that") {
    running_gateway const served;
    std::string const body(600 * 1024, 'x');
    SUBCASE("with its length announced") {
        auto client = served.client();
        auto const refused = client.send("POST", "/login", body);
        CHECK(refused.status == 413);
        CHECK(member(refused, "error") == "body_too_large");
        CHECK_FALSE(refused.keep_alive);
        CHECK(client.is_closed());
    }
    SUBCASE("in chunks") {
        auto client = served.client();
        client.write("POST /login HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n96000\r\n" + body +
                     "\r\n0\r\n\r\n");
        CHECK(client.read().status == 413);
    }
    SUBCASE("of a client that asks first") {
        auto client = served.client();
        client.write(
            "POST /login HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\nContent-Length: 614400\r\n\r\n");
        CHECK(client.read().status == 413);
    }
}

TEST_CASE("gateway: a header over the limit is 431") {
    running_gateway const served;
    auto client = served.client();
    auto const refused = client.send("GET", "/healthz", {}, {{"X-Long", std::string(20'000, 'x')}});
    CHECK(refused.status == 431);
    CHECK(member(refused, "error") == "header_too_large");
    CHECK(client.is_closed());
}

TEST_CASE("gateway: what is not HTTP/1.1 is 400, and the connection ends") {
    running_gateway const served;
    for (std::string const bytes :
         {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /healthz HTTP/1.1\r\n: x\r\n\r\n",
          "POST /login HTTP/1.1\r\nHost: g\r\nContent-Length: ten\r\n\r\n"}) {
        auto client = served.client();
        client.write(bytes);
        auto const refused = client.read();
        CHECK_MESSAGE(refused.status == 400, bytes);
        CHECK(client.is_closed());
    }
    auto client = served.client();
    client.write("GET /healthz HTTP/1.1\r\n\r\n");
    CHECK(client.read().status == 400);  // the header Host is missing
    CHECK(client.send("GET", "/healthz").status == 200);
}

TEST_CASE("gateway: a client that takes too long is answered 408, one that says nothing is closed") {
    running_gateway const served({"--request-timeout", "200ms", "--idle-timeout", "400ms"});
    for (std::string const start :
         {"GET /heal", "POST /login HTTP/1.1\r\nHost: g\r\nContent-Length: 16\r\n\r\n{"}) {
        auto slow = served.client();
        slow.write(start);
        CHECK(slow.read().status == 408);
        CHECK(slow.is_closed());
    }
    auto silent = served.client();
    CHECK(silent.is_closed());
    auto idle = served.client();
    CHECK(idle.send("GET", "/healthz").status == 200);
    CHECK(idle.is_closed());
}

TEST_CASE("gateway: a slow origin is no slow client") {
    running_gateway const served({"--request-timeout", "100ms", "--origin-delay", "400ms"});
    auto client = served.client();
    CHECK(client.send("GET", "/item/tea", {}, bearer(login(client))).status == 200);
}

TEST_CASE("gateway: requests sent ahead are answered in their order") {
    running_gateway const served;
    auto client = served.client();
    auto const token = login(client);
    std::string const get = " HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer " + token + "\r\n\r\n";
    client.write("GET /item/a" + get + "GET /item/b" + get + "GET /healthz" + get + "GET /item/a" + get);
    CHECK(member(client.read(), "key") == "a");
    CHECK(member(client.read(), "key") == "b");
    CHECK(member(client.read(), "status") == "ok");
    CHECK(member(client.read(), "cached") == "true");
}

TEST_CASE("gateway: a connection lives exactly as long as its client asks for") {
    running_gateway const served;
    auto client = served.client();
    CHECK(client.send("GET", "/healthz").keep_alive);
    CHECK_FALSE(client.send("GET", "/healthz", {}, {{"Connection", "close"}}).keep_alive);
    CHECK(client.is_closed());

    auto old = served.client();
    old.write("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(old.read().keep_alive);
    old.write("GET /healthz HTTP/1.0\r\n\r\n");
    CHECK_FALSE(old.read().keep_alive);
    CHECK(old.is_closed());
}

TEST_CASE("gateway: a client that asks before it sends its body is asked to go on") {
    running_gateway const served;
    auto client = served.client();
    client.write("POST /login HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n");
    CHECK(client.read().status == 100);
    client.write(R"({"user": "ann"})");
    CHECK(client.read().status == 200);
}
