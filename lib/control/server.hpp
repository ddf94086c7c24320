// The HTTP server of a control interface: one thread for all connections, others for the requests.
#pragma once

#include "control/message.hpp"
#include "control/notifier.hpp"
#include "control/service.hpp"
#include "control/socket_file.hpp"
#include "control/workers.hpp"

#include <hotswap/control.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <atomic>
#include <list>
#include <memory>

namespace hotswap::detail {

class control_session;

class control_server {
public:
    using socket = boost::asio::local::stream_protocol::socket;

    control_server(runtime& of, control_options options, socket_file at);
    /// Ends watches, and waits for requests and operations that have begun.
    ~control_server();
    control_server(control_server const&) = delete;
    control_server& operator=(control_server const&) = delete;

    /// Opens the audit and begins to serve.
    /// Errors:   control_failed, audit_damaged.
    result<void> start();

private:
    struct listed;

    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> look_after();
    boost::asio::awaitable<void> serve(socket peer);
    void end_connections() noexcept;
    void spawn(boost::asio::awaitable<void> what);

    control_limits const limits_;
    std::map<std::uint32_t, control_role> const groups_;
    socket_file file_;
    boost::asio::io_context io_{1};
    notifier news_{io_};
    workers requests_{2, thread_name("request")};
    workers long_requests_{4, thread_name("request")};  // the others stay free for a status and an abort
    boost::asio::local::stream_protocol::acceptor acceptor_{io_};
    std::list<control_session*> sessions_;  // of the event loop
    std::atomic<bool> is_ending_{false};
    std::unique_ptr<control_service> service_;
    library_thread thread_;
};

}  // namespace hotswap::detail
