// The HTTP server of a control interface: one thread for all connections, others for the requests.
#pragma once

#include "control/message.hpp"
#include "control/news_text.hpp"
#include "control/notifier.hpp"
#include "control/service.hpp"
#include "control/service_manager.hpp"
#include "control/socket_file.hpp"
#include "control/tls.hpp"
#include "control/tokens.hpp"
#include "control/workers.hpp"

#include <hotswap/control.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace hotswap::detail {

class control_session;

class control_server {
public:
    control_server(runtime& of, control_options options, socket_file at);
    /// Ends watches, and waits for requests and operations that have begun.
    ~control_server();
    control_server(control_server const&) = delete;
    control_server& operator=(control_server const&) = delete;

    /// Opens the audit and begins to serve.
    /// Errors:   control_failed, audit_damaged.
    result<void> start();

    /// Of TCP; 0: none.
    std::uint16_t port() const noexcept { return port_; }

private:
    struct listed;
    using local = boost::asio::local::stream_protocol;
    using tcp = boost::asio::ip::tcp;

    result<void> listen_to_tcp();
    template <class Protocol>
    boost::asio::awaitable<void> accept(boost::asio::basic_socket_acceptor<Protocol>& from);
    boost::asio::awaitable<void> look_after();
    boost::asio::awaitable<void> begin(local::socket peer);
    boost::asio::awaitable<void> begin(tcp::socket peer);
    boost::asio::awaitable<void> serve(peer_stream& peer, control_peer const& from);
    boost::asio::awaitable<void> turn_away(peer_stream& peer, failure const& why);
    void end_connections() noexcept;
    void spawn(boost::asio::awaitable<void> what);

    control_limits const limits_;
    std::map<std::uint32_t, control_role> const groups_;
    socket_file file_;
    boost::asio::io_context io_{1};
    notifier news_{io_};
    workers requests_{2, thread_name("request")};
    workers long_requests_{4, thread_name("request")};  // the others stay free for a status and an abort
    void tell_manager();

    service_manager const manager_;
    std::string told_;  // what the manager knows
    notifier::clock::time_point last_alive_{};
    control_tcp const tcp_;
    token_list tokens_;
    std::unique_ptr<tls_context> tls_;  // null: no TCP
    local::acceptor acceptor_{io_};
    tcp::acceptor tcp_acceptor_{io_};
    std::uint16_t port_ = 0;
    std::size_t open_ = 0;                  // connections
    std::list<control_session*> sessions_;  // of the event loop
    std::atomic<bool> is_ending_{false};
    std::unique_ptr<control_service> service_;
    news_text texts_{*service_};
    library_thread thread_;
};

}  // namespace hotswap::detail
