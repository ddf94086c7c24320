// What a host tells systemd, and the socket that it takes over, with a stand-in for both.
#include "control/fixture.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <map>

using namespace hotswap_test;

namespace {

sockaddr_un address_of(fs::path const& path) {
    sockaddr_un made{};
    made.sun_family = AF_UNIX;
    std::memcpy(made.sun_path, path.c_str(), path.native().size() + 1);
    return made;
}

/// Variables of the environment, for as long as the object lives.
class variables {
public:
    explicit variables(std::map<std::string, std::string> values) : values_(std::move(values)) {
        for (auto const& [name, value] : values_) setenv(name.c_str(), value.c_str(), 1);
    }
    ~variables() {
        for (auto const& [name, value] : values_) unsetenv(name.c_str());
    }
    variables(variables const&) = delete;
    variables& operator=(variables const&) = delete;

private:
    std::map<std::string, std::string> const values_;
};

/// Stands in for the manager's end of the notification socket.
class manager {
public:
    explicit manager(fs::path const& path) : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        auto const at = address_of(path);
        REQUIRE(bind(socket_, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0);
        timeval const patience{60, 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~manager() { close(socket_); }
    manager(manager const&) = delete;
    manager& operator=(manager const&) = delete;

    /// The next message that begins so; those before it are passed over.
    std::string next(std::string_view begin) const {
        for (;;) {
            char text[1024];
            auto const size = recv(socket_, text, sizeof text, 0);
            REQUIRE(size > 0);
            std::string const message(text, static_cast<std::size_t>(size));
            if (message.starts_with(begin)) return message;
        }
    }

private:
    int const socket_;
};

}  // namespace

TEST_CASE(
    "service manager: it hears that the host serves, what it does, that it is alive, and that it stops") {
    temporary_directory place;
    manager const systemd(place.path() / "notify");
    variables const started_by_it({{"NOTIFY_SOCKET", (place.path() / "notify").native()},
                                   {"WATCHDOG_USEC", "200000"},
                                   {"WATCHDOG_PID", std::to_string(getpid())}});
    {
        operated at;
        CHECK(systemd.next("READY=1") == "READY=1\nSTATUS=tally 1.0.0\n");
        systemd.next("WATCHDOG=1");
        systemd.next("WATCHDOG=1");
        std::string id;
        {
            lease_elsewhere const held(at.sums);
            id = text_at(at.swap_to("2.0.0", {{"wait_ns", 0}}), "/id");
            auto const busy = systemd.next("RELOADING=1");
            CHECK(names(busy, {"MONOTONIC_USEC=", "STATUS=swap of tally by "}));
        }
        CHECK(systemd.next("READY=1") == "READY=1\nSTATUS=tally 2.0.0\n");
    }
    systemd.next("STOPPING=1");
}

TEST_CASE("service manager: another process's watchdog, and a host that speaks for itself, say nothing") {
    temporary_directory place;
    manager const systemd(place.path() / "notify");
    variables const started_by_it({{"NOTIFY_SOCKET", (place.path() / "notify").native()}});
    { operated const silent({.service_manager = false}); }
    operated const speaking;
    CHECK(systemd.next("") == "READY=1\nSTATUS=tally 1.0.0\n");
}

TEST_CASE("service manager: the socket that it passes is the one that serves, and its file stays") {
    temporary_directory place;
    auto const path = place.path() / "passed";
    int const listening = socket(AF_UNIX, SOCK_STREAM, 0);
    auto const where = address_of(path);
    REQUIRE(bind(listening, reinterpret_cast<sockaddr const*>(&where), sizeof where) == 0);
    REQUIRE(listen(listening, 8) == 0);
    // The last of the passed descriptors, which begin with 3.
    std::string others;
    for (int i = 3; i != listening; ++i) others += "other:";
    variables const passed({{"LISTEN_PID", std::to_string(getpid())},
                            {"LISTEN_FDS", std::to_string(listening - 3 + 1)},
                            {"LISTEN_FDNAMES", others + "hotswap"}});
    {
        site at;
        auto const sums = at.load("tally", tally_file("1.0.0"));
        auto const opened = hotswap::control::open(at.runtime, {});
        REQUIRE(opened.has_value());
        auto client = control_client::connect(path, patience).value();
        CHECK(client.send("GET", "/v1/status", {}, patience).value().status == 200);
        CHECK((fcntl(listening, F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(fs::exists(path));
}
