#include "control/fixture.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

using namespace hotswap_test;
using hotswap::errc;

namespace {

mode_t mode_of(fs::path const& file) {
    struct stat found {};
    REQUIRE(::lstat(file.c_str(), &found) == 0);
    return found.st_mode & 07777U;
}

std::string why_not(site& at, hotswap::control_options options) {
    auto const made = hotswap::control::open(at.runtime, std::move(options));
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == errc::control_failed);
    return made.error().message;
}

}  // namespace

TEST_CASE("control socket: it and its new directory are the owner's alone, and it is gone with its host") {
    fs::path socket;
    {
        operated at;
        socket = at.socket();
        CHECK(mode_of(socket.parent_path()) == 0700);
        CHECK(mode_of(socket) == 0600);
        CHECK(at.get("/v1/status").status == 200);
        hotswap::control moved = std::move(at.control);
        CHECK(at.get("/v1/status").status == 200);
    }
    CHECK_FALSE(fs::exists(socket));
}

TEST_CASE("control socket: with roles for groups others may connect, and the kernel says who they are") {
    operated at({.groups = {{getgid(), hotswap::control_role::viewer}}});
    CHECK(mode_of(at.socket().parent_path()) == 0755);
    CHECK(mode_of(at.socket()) == 0666);
    CHECK(at.get("/v1/status").status == 200);
}

TEST_CASE("control socket: a second host at the same path is refused, and the first one serves on") {
    operated at;
    CHECK(names(why_not(at, {.socket = at.socket()}), {"another host", at.socket().native()}));
    CHECK(at.get("/v1/status").status == 200);
}

TEST_CASE("control socket: the socket of a host that has died is replaced") {
    site at;
    auto const path = at.directory.path() / "hotswap.sock";
    int const left = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(left, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0);
    ::close(left);
    hotswap::control const control{at.runtime, {.socket = path}};
    auto client = control_client::connect(path, patience).value();
    CHECK(client.send("GET", "/v1/status", {}, patience).value().status == 200);
}

TEST_CASE("control socket: what cannot be a safe socket is refused, and the message says why") {
    site at;
    auto const directory = at.directory.path();
    SUBCASE("another file is there") {
        std::ofstream(directory / "file") << "mine";
        CHECK(names(why_not(at, {.socket = directory / "file"}), {"not a socket"}));
        CHECK(fs::file_size(directory / "file") == 4);
    }
    SUBCASE("a directory that others can write to") {
        fs::create_directory(directory / "open");
        REQUIRE(::chmod((directory / "open").c_str(), 0777) == 0);
        CHECK(names(why_not(at, {.socket = directory / "open" / "s"}), {"mode 777", "another user"}));
    }
    SUBCASE("a path that is too long") {
        CHECK(names(why_not(at, {.socket = directory / std::string(108, 'a')}), {"too long", "107"}));
    }
}

TEST_CASE("control socket: without a path the option is named") {
    site at;
    auto const made = hotswap::control::open(at.runtime, {});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == errc::invalid_argument);
    CHECK(names(made.error().message, {"control_options::socket"}));
}

TEST_CASE("control: a forked child leaves its parent's control interface alone") {
    operated at;
    CHECK(at.get("/v1/status").status == 200);
    auto const child = fork();
    if (child == 0) {
        { auto const gone = std::move(at.control); }
        _exit(fs::exists(at.socket()) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(at.get("/v1/status").status == 200);
}

TEST_CASE(
    "control: an end in the middle of watches and operations waits for the operations and ends the watches") {
    std::string release;
    hotswap::result<void> watched;
    {
        operated at;
        auto client = at.client();
        std::thread watch(
            [&] { watched = client.follow("/v1/status?watch", [](auto, auto) { return true; }); });
        at.swap_to("2.0.0", {{"wait_ns", 0}});
        { auto const gone = std::move(at.control); }
        watch.join();
        release = at.status("tally").running.release;
    }
    CHECK(release == "2.0.0");
    REQUIRE_FALSE(watched.has_value());
    CHECK(watched.error().code == errc::host_unreachable);
}

TEST_CASE("control: a connection that asks for nothing does not hold up the end of its host") {
    control_client idle = [] {
        operated at({.limits = {.idle_deadline = 24h}});
        auto client = at.client();
        CHECK(client.send("GET", "/v1/status", {}, patience).value().status == 200);
        return client;
    }();
    auto const lost = idle.send("GET", "/v1/status", {}, patience);
    REQUIRE_FALSE(lost.has_value());
    CHECK(lost.error().code == errc::host_unreachable);
}
