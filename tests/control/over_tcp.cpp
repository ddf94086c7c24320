// The control interface over TCP: TLS always, roles by tokens and by certificates.
#include "control/certificates.hpp"
#include "control/command.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

using namespace hotswap_test;
using hotswap::control_role;
using hotswap::errc;
using hotswap::detail::control_remote;

namespace {

std::string const secret_of_viewer(32, 'v');
std::string const secret_of_operator(32, 'o');

/// A host that is also reached over TCP.
struct remote_site {
    explicit remote_site(hotswap::control_limits limits = {})
        : authority(directory.path()), host(authority.issue("host")), at(options(limits)) {}

    control_remote remote(std::string token = {}) const {
        return {.host = "localhost",
                .port = std::to_string(at.control.port()),
                .tls = {.authorities = authority.file()},
                .token = std::move(token)};
    }
    control_client client(control_remote const& by) const {
        return control_client::connect(by, patience).value();
    }
    control_reply get(control_remote const& by, std::string_view target) const {
        return client(by).send("GET", target, {}, patience).value();
    }
    control_reply swap(control_remote const& by, std::string const& release) const {
        json::object const body{{"component", "tally"},
                                {"options", json::object{{"module", tally_file(release).native()}}},
                                {"reason", "remote"},
                                {"wait_ns", 60'000'000'000}};
        return client(by).send("POST", "/v1/swap", json::serialize(body), patience).value();
    }

    hotswap::control_options options(hotswap::control_limits limits) const {
        hotswap::control_options made;
        made.limits = limits;
        made.audit = audit;
        made.tcp = {.address = "127.0.0.1",
                    .certificate = host.certificate,
                    .key = host.key,
                    .tokens = {{"dashboard", secret_of_viewer, control_role::viewer},
                               {"deployer", secret_of_operator, control_role::operator_}},
                    .authorities = authority.file(),
                    .clients = {{"alice", control_role::operator_}}};
        return made;
    }

    temporary_directory directory;
    fs::path const audit = directory.path() / "audit.jsonl";
    test_authority authority;
    certificate_files host;
    operated at;
};

}  // namespace

TEST_CASE("control over TCP: a token has its role, and a peer without one has none") {
    remote_site const site;
    CHECK(site.get(site.remote(), "/v1/status").status == 403);
    CHECK(site.get(site.remote(std::string(32, 'x')), "/v1/status").status == 403);
    CHECK(site.get(site.remote(secret_of_viewer), "/v1/status").status == 200);
    auto const refused = json_of(site.swap(site.remote(secret_of_viewer), "2.0.0"));
    CHECK(text_at(refused, "/error/code") == "not_permitted");
    CHECK(
        names(text_at(refused, "/error/message"), {"token dashboard", "\"viewer\"", "\"operator\"", "tcp"}));
    CHECK(text_at(json_of(site.swap(site.remote(secret_of_operator), "2.0.0")), "/outcome") == "done");
}

TEST_CASE(
    "control over TCP: a certificate has the role of its name, and one of another authority gets no answer") {
    remote_site const site;
    auto const with = [&](certificate_files const& files) {
        auto remote = site.remote();
        remote.tls.certificate = files.certificate;
        remote.tls.key = files.key;
        return remote;
    };
    CHECK(text_at(json_of(site.swap(with(site.authority.issue("alice")), "2.0.0")), "/outcome") == "done");
    CHECK(site.get(with(site.authority.issue("bob")), "/v1/status").status == 403);
    temporary_directory elsewhere;
    auto const stranger = test_authority(elsewhere.path()).issue("alice");
    auto client = control_client::connect(with(stranger), patience);
    // With TLS 1.3 the client learns of the refusal when it reads.
    auto const refused = client ? client->send("GET", "/v1/status", {}, patience).has_error() : true;
    CHECK(refused);
}

TEST_CASE("control over TCP: the audit says by which token or certificate, and from where") {
    remote_site const site;
    site.swap(site.remote(secret_of_operator), "2.0.0");
    auto const all = json_of(site.at.get("/v1/audit"));
    CHECK(text_at(all, "/lines/0/token") == "deployer");
    CHECK(text_at(all, "/lines/0/user") == "token deployer");
    CHECK(text_at(all, "/lines/0/address").starts_with("127.0.0.1:"));
    auto const text = json::serialize(all);
    CHECK(text.find(secret_of_operator) == text.npos);
}

TEST_CASE("control over TCP: a client does not talk to a host whose certificate it does not trust") {
    remote_site const site;
    temporary_directory elsewhere;
    auto other = site.remote(secret_of_viewer);
    other.tls.authorities = test_authority(elsewhere.path()).file();
    auto const refused = control_client::connect(other, patience);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::host_unreachable);
    auto by_address = site.remote(secret_of_viewer);
    by_address.host = "127.0.0.1";  // the certificate is for localhost
    CHECK(control_client::connect(by_address, patience).has_error());
}

TEST_CASE("control over TCP: bytes that are no TLS are hung up on, and the host serves on") {
    remote_site const site({.connections = 4, .header_deadline = 200ms});
    namespace asio = boost::asio;
    asio::io_context io;
    for (int round = 0; round != 3; ++round) {
        asio::ip::tcp::socket socket(io);
        asio::connect(
            socket, asio::ip::tcp::resolver(io).resolve("127.0.0.1", std::to_string(site.at.control.port())));
        if (round != 0) {
            std::string const text =
                round == 1 ? "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n" : std::string(9000, '\x16');
            boost::system::error_code ignored;
            asio::write(socket, asio::buffer(text), ignored);
        }
        // The first one says nothing: the deadline ends it.
        std::string answer(4096, '\0');
        boost::system::error_code error;
        auto const size = asio::read(socket, asio::buffer(answer), error);
        CHECK(error);
        CHECK(answer.substr(0, size).find("200 OK") == answer.npos);
    }
    CHECK(site.get(site.remote(secret_of_viewer), "/v1/status").status == 200);
}

TEST_CASE("control over TCP: events come as they happen, also to several followers at once") {
    remote_site const site;
    auto const follow = [&] {
        auto client = site.client(site.remote(secret_of_viewer));
        std::string last;
        auto const ended = client.follow("/v1/events?after=0", [&](std::string_view, std::string_view data) {
            last = data;
            return last.find("\"swap\"") == last.npos;
        });
        return ended.has_value();
    };
    auto one = std::async(std::launch::async, follow);
    auto other = std::async(std::launch::async, follow);
    site.at.swap_to("2.0.0");
    CHECK(one.get());
    CHECK(other.get());
}

TEST_CASE("control over TCP: what cannot be served is refused at once, with what to do") {
    temporary_directory scratch;
    test_authority const authority(scratch.path());
    auto const files = authority.issue("host");
    site at;
    auto const refusal = [&](hotswap::control_tcp tcp) {
        auto const made = hotswap::control::open(
            at.runtime, {.socket = scratch.path() / "run" / "s", .tcp = std::move(tcp)});
        REQUIRE(made.has_error());
        return made.error();
    };
    hotswap::control_tcp const good{
        .address = "127.0.0.1", .certificate = files.certificate, .key = files.key};
    auto wrong = good;
    wrong.certificate = scratch.path() / "none.pem";
    CHECK(names(refusal(wrong).message, {"none.pem", "PEM"}));
    wrong = good;
    wrong.address = "nowhere";
    CHECK(refusal(wrong).code == errc::control_failed);
    wrong = good;
    wrong.tokens = {{"short", "secret", control_role::viewer}};
    CHECK(names(refusal(wrong).message, {"\"short\"", "at least 32", "openssl rand -hex 32"}));
    wrong.tokens = {{"a", secret_of_viewer, {}}, {"a", secret_of_operator, {}}};
    CHECK(refusal(wrong).code == errc::invalid_argument);
    wrong = good;
    fs::permissions(files.key, fs::perms::group_read, fs::perm_options::add);
    CHECK(names(refusal(wrong).message, {"host.key", "chmod 600"}));
}

TEST_CASE("command line: --host reaches a host over TCP, with a token from a file") {
    remote_site const site;
    auto const file = site.directory.path() / "token";
    std::ofstream(file) << secret_of_operator << "\n";
    auto const host = "localhost:" + std::to_string(site.at.control.port());
    auto const scratch = site.directory.path();
    auto const authority = site.authority.file().native();
    auto const shown =
        run(scratch, {"--host", host, "--ca", authority, "--token-file", file.native(), "status"});
    CHECK(shown.code == 0);
    CHECK(names(shown.out, {"tally", "1.0.0"}));
    CHECK(run(scratch, {"--host", host, "--ca", authority, "status"}).code == 3);
    CHECK(run(scratch, {"--host", host, "status"}).code == 6);
    auto const wrong = run(scratch, {"--host", host, "--ca", (scratch / "none").native(), "status"});
    CHECK(wrong.code == 3);
    CHECK(names(wrong.err, {"control_failed", "none cannot be used"}));
    CHECK(run(scratch, {"--host", "localhost", "status"}).code == 64);
}
