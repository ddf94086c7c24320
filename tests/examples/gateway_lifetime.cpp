#include "gateway_fixture.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>

using namespace gateway_tests;

TEST_CASE("gateway: SIGTERM lets requests finish, closes what is idle, removes the socket and ends with 0") {
    for (int const number : {SIGTERM, SIGINT}) {
        running_gateway served({"--origin-delay", "300ms"});
        auto busy = served.client();
        auto idle = served.client();
        auto const token = login(busy);
        CHECK(idle.send("GET", "/healthz").status == 200);
        busy.write("GET /item/tea HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer " + token + "\r\n\r\n");
        served.process.signal(number);

        auto const last = busy.read();
        CHECK(last.status == 200);
        CHECK_FALSE(last.keep_alive);
        CHECK(busy.is_closed());
        CHECK(idle.is_closed());
        CHECK(served.process.wait() == 0);
        CHECK_FALSE(std::filesystem::exists(served.control));
        CHECK_THROWS_AS(served.client(), gateway::connection_lost);
    }
}

TEST_CASE("gateway: the socket of a gateway that was killed is replaced, that of a living one is not") {
    gateway::scratch_directory const scratch;
    auto const control = scratch.path() / "control.sock";
    {
        gateway::gateway_process killed(GATEWAY, arguments_for(control, {}));
        killed.wait_until_it_listens();
        auto const [status, said] = run_to_the_end(arguments_for(control, {}));
        CHECK(status == 1);
        CHECK_MESSAGE(said.find("another host serves at " + control.string()) != said.npos, said);
        CHECK(gateway::owner_client(control).send("GET", "/status").status == 200);
        killed.signal(SIGKILL);
        CHECK(killed.wait() == 128 + SIGKILL);
    }
    REQUIRE(std::filesystem::exists(control));
    gateway::gateway_process next(GATEWAY, arguments_for(control, {}));
    next.wait_until_it_listens();
    CHECK(gateway::owner_client(control).send("GET", "/status").status == 200);
}

TEST_CASE("gateway: a file that is in the socket's place is left alone") {
    gateway::scratch_directory const scratch;
    auto const control = scratch.path() / "diary";
    std::ofstream(control) << "dear diary";
    auto const [status, said] = run_to_the_end(arguments_for(control, {}));
    CHECK(status == 1);
    CHECK_MESSAGE(said.find("is not a socket") != said.npos, said);
    CHECK(std::filesystem::file_size(control) == 10);
}

TEST_CASE("gateway: a port in use is said to be, with exit status 1") {
    running_gateway const served;
    auto const where = "127.0.0.1:" + std::to_string(served.port);
    auto const [status, said] = run_to_the_end({"--listen", where, "--modules", GATEWAY_MODULES, "--control",
                                                served.scratch.path() / "second.sock"});
    CHECK(status == 1);
    CHECK_MESSAGE(said.find("cannot listen at " + where + ": Address already in use") != said.npos, said);
    CHECK_FALSE(std::filesystem::exists(served.scratch.path() / "second.sock"));
}

TEST_CASE("gateway: a release that is not there keeps it from starting, and says so") {
    gateway::scratch_directory const scratch;
    auto const [status, said] =
        run_to_the_end(arguments_for(scratch.path() / "control.sock", {"--start-with", "7.0.0"}));
    CHECK(status == 1);
    CHECK_MESSAGE(said.find("rate_limiter-7.0.0.so") != said.npos, said);
}

TEST_CASE(
    "gateway: one that was killed comes back with its releases, sessions and items as of the last "
    "checkpoint") {
    gateway::scratch_directory const scratch;
    auto const control = scratch.path() / "control.sock";
    auto const arguments =
        arguments_for(control, {"--start-with", "1.0.0", "--store", scratch.path() / "store"});
    std::string token;
    std::string revision;
    {
        gateway::gateway_process killed(GATEWAY, arguments);
        auto client = http_client::to_port(killed.wait_until_it_listens());
        gateway::owner_client owner(control);
        CHECK(owner.send("POST", "/swap/cache").status == 200);
        token = login(client);
        revision = member(client.send("GET", "/item/tea", {}, bearer(token)), "revision");
        CHECK(member(owner.send("POST", "/checkpoint"), "status") == "written");
        killed.signal(SIGKILL);
        killed.wait();
    }
    gateway::gateway_process next(GATEWAY, arguments);
    auto client = http_client::to_port(next.wait_until_it_listens());
    auto const item = client.send("GET", "/item/tea", {}, bearer(token));
    CHECK(item.status == 200);
    CHECK(member(item, "cached") == "true");
    CHECK(member(item, "revision") == revision);
    auto const status = gateway::owner_client(control).send("GET", "/status").json();
    CHECK(status.at("components").at(0).at("running").at("release") == "3.0.0");
    CHECK(status.at("components").at(2).at("running").at("release") == "1.0.0");
}

TEST_CASE("gateway: the command line explains itself, and what it refuses") {
    auto const [helped, help] = run_to_the_end({"--help"});
    CHECK(helped == 0);
    for (char const* option : {"--listen", "--modules", "--control", "--limit", "--threads", "--start-with",
                               "--store", "--checkpoint-period", "--rehearse"})
        CHECK_MESSAGE(help.find(option) != help.npos, option);
    auto const [versioned, version] = run_to_the_end({"--version"});
    CHECK(versioned == 0);
    CHECK(version.starts_with("hotswap-gateway "));

    std::string const modules = GATEWAY_MODULES;
    for (auto const& wrong : std::vector<std::vector<std::string>>{
             {},
             {"--modules", modules},
             {"--modules", "/nowhere", "--control", "a.sock"},
             {"--modules", modules, "--control", "a.sock", "--limit", "fast"},
             {"--modules", modules, "--control", "a.sock", "--limit", "0/1"},
             {"--modules", modules, "--control", "a.sock", "--listen", "8080"},
             {"--modules", modules, "--control", "a.sock", "--listen", "127.0.0.1:99999"},
             {"--modules", modules, "--control", "a.sock", "--threads", "0"},
             {"--modules", modules, "--control", "a.sock", "--origin-delay", "5"},
             {"--modules", modules, "--control", "a.sock", "--rehearse", "sometimes"},
             {"--modules", modules, "--control", "a.sock", "--checkpoint-period", "1s"},
             {"--modules", modules, "--control", "a.sock", "--colour"},
             {"--modules", modules, "--control", "a.sock", "stray"}}) {
        auto const [status, said] = run_to_the_end(wrong);
        CHECK_MESSAGE(status == 2, said);
        CHECK_MESSAGE(said.find("see hotswap-gateway --help") != said.npos, said);
    }
}
