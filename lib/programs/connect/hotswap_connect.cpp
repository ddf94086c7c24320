// hotswap-connect: a connection to a host over TCP and TLS, for a client that speaks plain HTTP on its standard input. The first
// line that it writes there is empty, or the failure as JSON. The client bounds the time, and ends it.
#include "base/refuse.hpp"
#include "control/tls.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/serialize.hpp>

#include <openssl/ssl.h>

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include <unistd.h>

namespace {

namespace asio = boost::asio;
using hotswap::failure;
using hotswap::result;
using hotswap::detail::peer_stream;
using client = asio::local::stream_protocol::socket;

constexpr unsigned longest_connect = 60;  // seconds
constexpr auto with_error = asio::as_tuple(asio::use_awaitable);

struct wanted {
    std::string host;
    std::string port;
    hotswap::detail::tls_client_options tls;
};

failure unreachable(std::string_view what, wanted const& at, boost::system::error_code const& error) {
    return hotswap::detail::refuse(hotswap::errc::host_unreachable, hotswap::phase::none,
                                   "{} {}:{}: {}; is the host running, and does it listen there?", what,
                                   at.host, at.port, error.message());
}

result<void> connect(asio::io_context& io, peer_stream::secure& to, wanted const& at) {
    boost::system::error_code error;
    auto const found = asio::ip::tcp::resolver(io).resolve(at.host, at.port, error);
    if (error) return unreachable("cannot find", at, error);
    asio::connect(to.next_layer(), found, error);
    if (error) return unreachable("cannot connect to", at, error);
    to.set_verify_callback(asio::ssl::host_name_verification(at.host), error);
    ::SSL_set_tlsext_host_name(to.native_handle(), at.host.c_str());
    to.handshake(asio::ssl::stream_base::client, error);
    if (error) return unreachable("no secure connection to", at, error);
    return {};
}

template <class From, class To>
asio::awaitable<void> relay(From& from, To& to, asio::io_context& io) {
    std::array<char, 16384> block;
    for (;;) {
        auto const room = asio::buffer(block);
        auto const [ended, size] = co_await from.async_read_some(room, with_error);
        if (ended) break;
        auto const what = asio::buffer(block.data(), size);
        auto const [gone, wrote] = co_await asio::async_write(to, what, with_error);
        if (gone) break;
    }
    io.stop();
}

int run(wanted const& at) {
    asio::io_context io{1};
    client near(io, asio::local::stream_protocol(), ::dup(STDIN_FILENO));
    auto const tell = [&near](std::string const& line) {
        boost::system::error_code ignored;  // a client that is gone ends this program all the same
        asio::write(near, asio::buffer(line + "\n"), ignored);
    };
    auto tls = hotswap::detail::tls_of_client(at.tls);
    std::unique_ptr<peer_stream::secure> far;
    if (tls) far = std::make_unique<peer_stream::secure>(io, **tls);
    // A client that is killed meanwhile does not leave this program behind, waiting for a host that says nothing.
    ::alarm(longest_connect);
    auto const connected = tls ? connect(io, *far, at) : result<void>(tls.error());
    ::alarm(0);
    if (!connected) {
        tell(boost::json::serialize(hotswap::detail::json_writer()(connected.error())));
        return 1;
    }
    tell({});
    asio::co_spawn(io, relay(near, *far, io), asio::detached);
    asio::co_spawn(io, relay(*far, near, io), asio::detached);
    io.run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 6) {
            fmt::print(
                stderr,
                "usage: hotswap-connect HOST PORT AUTHORITIES CERTIFICATE KEY; hotswap --host runs it\n");
            return 64;
        }
        return run({argv[1], argv[2], {argv[3], argv[4], argv[5]}});
    } catch (std::exception const& error) {
        fmt::print(stderr, "hotswap-connect: {}\n", error.what());
        return 1;
    }
}
