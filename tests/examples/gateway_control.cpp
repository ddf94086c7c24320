#include "gateway_fixture.hpp"

#include <doctest/doctest.h>

#include <boost/json/value.hpp>

#include <fstream>

#include <sys/stat.h>

using namespace gateway_tests;

namespace {

std::string release_of(gateway::owner_client& owner, std::string_view component) {
    auto const status = owner.send("GET", "/status").json();
    for (auto const& each : status.at("components").as_array())
        if (each.at("name").as_string() == component)
            return std::string(each.at("running").at("release").as_string());
    return "(none)";
}

}  // namespace

TEST_CASE("gateway control: the socket is its owner's alone") {
    running_gateway const served;
    struct stat socket {};
    REQUIRE(::stat(served.control.c_str(), &socket) == 0);
    CHECK((socket.st_mode & 0777) == 0600);
}

TEST_CASE("gateway control: status shows the three components and what they count") {
    running_gateway const served({"--start-with", "1.0.0"});
    auto client = served.client();
    client.send("GET", "/item/tea", {}, bearer(login(client)));
    auto owner = served.owner();
    auto const status = owner.send("GET", "/status").json();
    auto const& components = status.at("components").as_array();
    REQUIRE(components.size() == 3);
    std::string seen;
    for (auto const& each : components) {
        seen += std::string(each.at("name").as_string()) + " " +
                std::string(each.at("running").at("release").as_string()) + "; ";
        auto const& counts = each.at("statistics").as_object();
        if (each.at("name") == "cache") CHECK(counts.at("misses") == 1);
        if (each.at("name") == "session") CHECK(counts.at("opened") == 1);
        if (each.at("name") == "rate_limiter") CHECK(counts.at("admitted") == 2);
    }
    CHECK(seen == "cache 1.0.0; rate_limiter 1.0.0; session 1.0.0; ");
}

TEST_CASE("gateway control: a token and an item from before the swaps are good after each of them") {
    running_gateway const served({"--start-with", "0.1.0"});
    auto client = served.client();
    auto owner = served.owner();
    auto const token = login(client);
    auto const item = client.send("GET", "/item/tea", {}, bearer(token));
    auto const still_served = [&] {
        auto const again = client.send("GET", "/item/tea", {}, bearer(token));
        return again.status == 200 && member(again, "cached") == "true" &&
               member(again, "revision") == member(item, "revision");
    };
    for (std::string const name : {"rate_limiter", "session", "cache"}) {
        CAPTURE(name);
        auto const up = owner.send("POST", "/swap/" + name, R"({"module": ")" + name + R"(-1.0.0.so"})");
        CHECK(up.status == 200);
        CHECK(up.json().at("unload").at("verdict") == "unmapped");
        CHECK(release_of(owner, name) == "1.0.0");
        CHECK(still_served());
        CHECK(owner.send("POST", "/swap/" + name).json().at("to").at("release") == "3.0.0");
        CHECK(still_served());
        CHECK(owner.send("POST", "/swap/" + name, R"({"transfer": "handoff"})").json().at("transfer") ==
              "handoff");
        CHECK(still_served());
    }
    CHECK(gateway::mapped_modules(served.process.pid()).size() == 3);
}

TEST_CASE("gateway control: a revert goes back, and one that would lose something has to be allowed") {
    running_gateway const served({"--start-with", "1.0.0"});
    auto owner = served.owner();
    CHECK(owner.send("POST", "/revert/session").status == 409);  // nothing to go back to
    CHECK(owner.send("POST", "/swap/session", R"({"module": "session"})").status == 200);
    auto const refused = owner.send("POST", "/revert/session");
    CHECK(refused.status == 409);
    CHECK(member(refused, "code") == "lossy_refused");
    CHECK(release_of(owner, "session") == "3.0.0");
    CHECK(owner.send("POST", "/revert/session", R"({"allow_loss": true})").status == 200);
    CHECK(release_of(owner, "session") == "1.0.0");
}

TEST_CASE("gateway control: what a probation finds wrong is sent back, and the status says why") {
    running_gateway const served({"--start-with", "1.0.0"});
    auto owner = served.owner();
    auto client = served.client();
    auto const token = login(client);
    CHECK(owner
              .send("POST", "/swap/session",
                    R"({"module": "session-1.0.0.so", "rehearse": "always", "even_if_unchanged": true,
              "probation": {"duration_ns": 60000000000, "interval_ns": 1000000, "max_mean_latency_ns": 1}})")
              .status == 200);
    auto component = owner.send("GET", "/status").json().at("components").at(2);
    // The reason is there once the release that was sent back has been retired.
    while (component.as_object().if_contains("rolled_back") == nullptr) {
        CHECK(client.send("GET", "/item/missing", {}, bearer(token)).status == 404);
        component = owner.send("GET", "/status").json().at("components").at(2);
    }
    CHECK(component.at("rolled_back").at("code") == "rolled_back");
}

TEST_CASE(
    "gateway control: without a store there is no checkpoint, and without failpoints there are no faults") {
    running_gateway const served;
    auto owner = served.owner();
    auto const refused = owner.send("POST", "/checkpoint");
    CHECK(refused.status == 409);
    CHECK(member(refused, "code") == "no_store");
#if defined(HOTSWAP_FAILPOINTS)
    CHECK(owner.send("POST", "/faults", R"({"disarm": true})").status == 200);
#else
    CHECK_THROWS_AS(owner.send("POST", "/faults", R"({"disarm": true})"), gateway::connection_lost);
#endif
}

TEST_CASE("gateway control: a plan tells and changes nothing") {
    running_gateway const served({"--start-with", "0.1.0"});
    auto owner = served.owner();
    auto const plan = owner.send("POST", "/plan/cache", R"({"module": "cache-2.0.0.so"})");
    CHECK(plan.status == 200);
    CHECK(plan.json().at("path") == boost::json::value{0, 1, 2});
    CHECK(plan.json().at("blockers").as_array().empty());
    CHECK(release_of(owner, "cache") == "0.1.0");
}

TEST_CASE("gateway control: a refused swap says why, and the old component serves on") {
    running_gateway const served;
    auto owner = served.owner();
    std::ofstream(served.scratch.path() / "poem.so") << "no module\n";
    auto const refused = owner.send(
        "POST", "/swap/cache", R"({"module": ")" + (served.scratch.path() / "poem.so").string() + R"("})");
    CHECK(refused.status == 409);
    CHECK(member(refused, "code") == "not_elf");
    CHECK(member(refused, "old_serving") == "true");
    CHECK(member(owner.send("POST", "/swap/cache", R"({"module": "cache-7.0.0.so"})"), "code") ==
          "no_such_file");
    CHECK(member(owner.send("POST", "/swap/cache", R"({"module": "session-2.0.0.so"})"), "code") ==
          "contract_mismatch");
    CHECK(member(owner.send("POST", "/swap/cache", R"({"pause_budget_ns": 1, "even_if_unchanged": true})"),
                 "code") == "pause_budget_exceeded");
    CHECK(release_of(owner, "cache") == "3.0.0");
    auto client = served.client();
    CHECK(client.send("GET", "/item/tea", {}, bearer(login(client))).status == 200);
}

TEST_CASE(
    "gateway control: an unknown component and a body that is not understood are refused, and nothing is "
    "swapped") {
    running_gateway const served;
    auto owner = served.owner();
    auto const unknown = owner.send("POST", "/swap/router");
    CHECK(member(unknown, "code") == "unknown_component");
    CHECK(member(owner.send("POST", "/revert/router"), "code") == "unknown_component");
    CHECK(owner.send("POST", "/plan/router").status == 404);
    CHECK(owner.send("GET", "/item/tea").status == 404);

    for (std::string const body :
         {"{", "[]", R"({"modul": "cache"})", R"({"module": 2})", R"({"transfer": "magic"})",
          R"({"allow_loss": 1})", R"({"arguments": {"byte_budget": 65536}})",
          R"({"drain_deadline_ns": -1})"}) {
        auto const refused = owner.send("POST", "/swap/cache", body);
        CHECK_MESSAGE(refused.status == 400, body);
        CHECK(member(refused, "message") != "(none)");
    }
    CHECK(owner.send("POST", "/revert/cache", R"({"module": "cache-1.0.0.so"})").status == 400);
    auto const cache = owner.send("GET", "/status").json().at("components").at(0);
    CHECK(cache.at("swaps") == 0);
}
