#include "pool/closure.hpp"

#include "pool/fixture.hpp"
#include "slot/waiting.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <thread>

using namespace hotswap_test;
using hotswap::detail::check_kind;
using hotswap::detail::closure_check;
using hotswap::detail::closure_ending;
using hotswap::detail::closure_step;
using hotswap::detail::run_closure;

namespace {

struct in_folder {
    pools at;
    hotswap::pool_options options = at.options();

    closure_ending run(std::vector<closure_step> const& steps) const {
        return run_closure(steps, at.root / "www", options, options.stop).value();
    }
};

/// Listens on a port of its own; answers each request with this status.
class web_server {
public:
    explicit web_server(std::string status) : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        ::sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::socklen_t size = sizeof at;
        ::bind(listening_, reinterpret_cast<::sockaddr*>(&at), size);
        ::listen(listening_, 8);
        ::getsockname(listening_, reinterpret_cast<::sockaddr*>(&at), &size);
        port = std::to_string(ntohs(at.sin_port));
        thread_ = std::thread([this, status] {
            for (int peer = 0; (peer = ::accept(listening_, nullptr, nullptr)) >= 0; ::close(peer)) {
                char request[1000];
                auto const got = ::recv(peer, request, sizeof request, 0);
                auto const answer = "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n";
                if (got > 0) ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
            }
        });
    }
    ~web_server() {
        ::shutdown(listening_, SHUT_RDWR);
        thread_.join();
        ::close(listening_);
    }
    web_server(web_server const&) = delete;
    web_server& operator=(web_server const&) = delete;

    std::string port;

private:
    int listening_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("closure: its lines share one shell, and the line that failed is named") {
    in_folder it;
    fs::create_directories(it.at.www("sub"));
    CHECK(it.run({}).passed);
    CHECK(it.run({"cd sub", "word=x", "echo $word >made"}).passed);
    CHECK(content(it.at.www("sub/made")) == "x\n");
    auto const failed = it.run({"cd sub", "ls /nowhere/at/all", "echo on >>../went"});
    CHECK_FALSE(failed.passed);
    CHECK(has(failed.reason, "`ls /nowhere/at/all` failed with exit status 2"));
    CHECK(has(failed.output, "/nowhere/at/all"));
    CHECK(content(it.at.www("went")) == "(none)");
    CHECK(it.run({"if true", "then", "echo yes >if", "fi"}).passed);
    CHECK(content(it.at.www("if")) == "yes\n");
    CHECK(has(it.run({"kill -9 $$"}).reason, "signal 9"));
}

TEST_CASE(
    "closure: it reads nothing, writes for all to read, and gets only the variables that it is allowed") {
    in_folder it;
    CHECK(setenv("HOTSWAP_TEST_SECRET", "s3cret", 1) == 0);
    it.run({"env >env", "umask >umask", "cat >input", "ls -l /proc/self/fd >files"});
    CHECK_FALSE(has(content(it.at.www("env")), "s3cret"));
    CHECK(has(content(it.at.www("env")), "PATH="));
    CHECK(content(it.at.www("umask")) == "0022\n");
    CHECK(content(it.at.www("input")).empty());
    it.options.environment = {"HOTSWAP_TEST_SECRET"};
    it.run({"env >env"});
    CHECK(has(content(it.at.www("env")), "HOTSWAP_TEST_SECRET=s3cret"));
    CHECK(unsetenv("HOTSWAP_TEST_SECRET") == 0);
}

TEST_CASE("closure: of a long output the begin and the end are kept") {
    in_folder it;
    auto const told = it.run({"echo begin", "head -c 1000000 /dev/zero | tr '\\0' x", "echo end"});
    CHECK(told.passed);
    CHECK(told.output.size() < 70'000);
    CHECK(told.output.starts_with("begin\n"));
    CHECK(told.output.ends_with("end\n"));
    CHECK(has(told.output, "bytes left out"));
}

TEST_CASE(
    "closure: at its deadline all of its processes end, also those in the background and in sessions of "
    "their own") {
    in_folder it;
    it.options.closure_deadline = std::chrono::milliseconds(500);
    auto const told = it.run({"(sleep 1000 & echo $! >in_background)",
                              "setsid sh -c 'echo $$ >in_session; sleep 1000' &", "sleep 1000"});
    CHECK_FALSE(told.passed);
    CHECK_MESSAGE(has(told.reason, "`sleep 1000` did not end within 500.00 ms"), told.reason);
    for (char const* const each : {"in_background", "in_session"}) {
        auto const id = std::stoi(content(it.at.www(each)));
        // A process that is killed may need a moment to end.
        CHECK_MESSAGE(test::eventually([&] {
                          auto const state = content("/proc/" + std::to_string(id) + "/stat");
                          return state == "(none)" || has(state, ") Z ") || has(state, ") X ");
                      }),
                      each);
    }
}

TEST_CASE("closure: a daemon that it starts goes on, and does not hold it up") {
    in_folder it;
    CHECK(it.run({"sleep 30 &", "echo $! >daemon"}).passed);
    auto const id = std::stoi(content(it.at.www("daemon")));
    CHECK(::kill(id, 0) == 0);
    ::kill(id, SIGKILL);
}

TEST_CASE("closure: checks need no shell, and say what is wrong") {
    in_folder it;
    it.options.closure_deadline = std::chrono::seconds(1);
    closure_step const exists = closure_check{check_kind::exists, it.at.www("made").native()};
    CHECK(has(it.run({exists}).reason, "No such file"));
    CHECK(it.run({"echo >made", exists}).passed);
    web_server const good("204 No Content");
    web_server const bad("503 Service Unavailable");
    CHECK(it.run({closure_check{check_kind::tcp, "127.0.0.1:" + good.port}}).passed);
    CHECK(it.run({closure_check{check_kind::http, "http://127.0.0.1:" + good.port + "/health"}}).passed);
    auto const refused = it.run({closure_check{check_kind::http, "http://127.0.0.1:" + bad.port}});
    CHECK_FALSE(refused.passed);
    CHECK(has(refused.reason, "status 503"));
    CHECK(has(it.run({closure_check{check_kind::tcp, "127.0.0.1:1"}}).reason,
              "tcp 127.0.0.1:1: no connection"));
}

TEST_CASE(
    "closure: at its deadline a process that has left its session and its parents ends too, and output is "
    "UTF-8") {
    in_folder it;
    it.options.closure_deadline = std::chrono::seconds(2);
    auto const ended = it.run({"(setsid sh -c 'echo $$ >pid; exec sleep 3600' &)", "sleep 3600"});
    CHECK_FALSE(ended.passed);
    auto const left = std::atoi(content(it.at.www("pid")).c_str());
    REQUIRE(left > 0);
    CHECK(test::eventually([left] { return ::kill(left, 0) != 0; }));
    it.options.closure_deadline = std::chrono::nanoseconds::max();
    CHECK(it.run({"printf 'a\\377b'"}).output == "a?b");
}
