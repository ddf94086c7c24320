#include "control/server.hpp"

#include "base/refuse.hpp"
#include "control/deadline.hpp"
#include "control/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <new>
#include <utility>

namespace hotswap::detail {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds between_looks{20};
constexpr std::chrono::milliseconds after_failure{50};

}  // namespace

control_server::control_server(runtime& of, control_options options, socket_file at)
    : limits_(options.limits),
      groups_(options.groups),
      file_(std::move(at)),
      manager_(options.service_manager),
      tcp_(options.tcp),
      service_(std::make_unique<control_service>(of, std::move(options), [this] { news_.notify(); })) {}

result<void> control_server::start() {
    if (auto opened = service_->open(); !opened) return opened;
    boost::system::error_code error;
    acceptor_.assign(asio::local::stream_protocol(), file_.take(), error);
    if (error)
        return refuse(errc::control_failed, phase::none, "the control socket {} cannot be used: {}",
                      file_.path().native(), error.message());
    if (auto listening = listen_to_tcp(); !listening) return listening;
    spawn(accept(acceptor_));
    if (tls_) spawn(accept(tcp_acceptor_));
    spawn(look_after());
    thread_ = library_thread(thread_name("control"), [this]() noexcept { run_to_end(io_); });
    return {};
}

control_server::~control_server() {
    manager_.stopping();
    is_ending_ = true;
    end_connections();
    news_.notify();
    // Operations first: a client that waits for one gets its end.
    requests_.join();
    long_requests_.join();
    service_->end();
    news_.notify();
    thread_.join();
}

// Accepts no more connections, and closes those that are between two requests.
void control_server::end_connections() noexcept {
    try {
        asio::post(io_, [this] {
            boost::system::error_code ignored;
            acceptor_.close(ignored);
            tcp_acceptor_.close(ignored);
            for (auto* const each : sessions_) each->end_if_idle();
        });
    } catch (...) {
        io_.stop();  // no memory: all connections break
    }
}

// An exception, which is one of no memory, ends only the coroutine: a peer sees its connection close.
void control_server::spawn(asio::awaitable<void> what) {
    asio::co_spawn(io_, std::move(what), [](std::exception_ptr const&) {});
}

result<void> control_server::listen_to_tcp() {
    if (tcp_.address.empty()) return {};
    auto tokens = token_list::make(tcp_.tokens);
    if (!tokens) return tokens.error();
    tokens_ = std::move(*tokens);
    auto tls = tls_of_host(tcp_);
    if (!tls) return tls.error();
    boost::system::error_code error;
    auto const address = asio::ip::make_address(tcp_.address, error);
    tcp::endpoint const where(address, tcp_.port);
    if (!error) tcp_acceptor_.open(where.protocol(), error);
    if (!error) tcp_acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) tcp_acceptor_.bind(where, error);
    if (!error) tcp_acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return refuse(
            errc::control_failed, phase::none,
            "the control interface cannot listen at {}, port {}: {}; choose another address or port",
            tcp_.address, tcp_.port, error.message());
    port_ = tcp_acceptor_.local_endpoint(error).port();
    tls_ = std::move(*tls);
    return {};
}

template <class Protocol>
asio::awaitable<void> control_server::accept(asio::basic_socket_acceptor<Protocol>& from) {
    while (!is_ending_) {
        auto [error, peer] = co_await from.async_accept(with_error);
        if (is_ending_) co_return;
        if (error) {
            // Usually no file descriptor is left: tries again when some may be free.
            asio::steady_timer pause(io_, after_failure);
            co_await pause.async_wait(with_error);
            continue;
        }
        try {
            spawn(begin(std::move(peer)));
        } catch (std::bad_alloc const&) {
            continue;  // this peer sees its connection close
        }
    }
}

asio::awaitable<void> control_server::look_after() {
    asio::steady_timer pause(io_);
    while (!is_ending_) {
        pause.expires_after(between_looks);
        co_await pause.async_wait(with_error);
        try {
            service_->look_after_probations();
            tell_manager();
        } catch (std::bad_alloc const&) {
            continue;  // the next look may have memory
        }
    }
}

// The event loop is alive if this runs, and so is what answers the operator.
void control_server::tell_manager() {
    if (!manager_.is_there()) return;
    auto const now = notifier::clock::now();
    if (manager_.watchdog_period().count() != 0 && now - last_alive_ >= manager_.watchdog_period()) {
        last_alive_ = now;
        manager_.alive();
    }
    auto const doing = service_->operations().in_words();
    auto const is_busy = !doing.empty();
    auto status = is_busy ? doing : service_->components_in_words();
    if (status == told_) return;
    told_ = std::move(status);
    if (is_busy)
        manager_.reloading(told_);
    else
        manager_.ready(told_);
}

// A session, in the list of all.
struct control_server::listed {
    listed(std::list<control_session*>& sessions, control_session* session)
        : all(sessions), place(all.insert(all.end(), session)) {}
    ~listed() { all.erase(place); }
    listed(listed const&) = delete;
    listed& operator=(listed const&) = delete;

    std::list<control_session*>& all;
    std::list<control_session*>::iterator const place;
};

// A connection, in the count of all.
struct counted {
    explicit counted(std::size_t& all) noexcept : of(all) { ++of; }
    ~counted() { --of; }
    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;

    std::size_t& of;
};

asio::awaitable<void> control_server::begin(local::socket peer) {
    auto const from = peer_of(peer.native_handle(), groups_);
    peer_stream stream(std::move(peer));
    if (from) {
        auto const& who = *from;
        co_await serve(stream, who);
    } else {
        auto const why = from.error();
        co_await turn_away(stream, why);
    }
}

// A peer that cannot do TLS, or shows a wrong certificate, gets no answer.
asio::awaitable<void> control_server::begin(tcp::socket peer) {
    if (open_ >= limits_.connections) co_return;  // a handshake for a refusal would be too much
    peer_stream stream(std::make_unique<peer_stream::secure>(std::move(peer), *tls_));
    {
        counted const one(open_);
        deadline limit(stream);
        limit.set(limits_.header_deadline);
        auto [error] = co_await stream.tls()->async_handshake(asio::ssl::stream_base::server, with_error);
        if (error) co_return;
    }
    auto const from = peer_of(*stream.tls(), tcp_.clients);
    co_await serve(stream, from);
}

asio::awaitable<void> control_server::serve(peer_stream& peer, control_peer const& from) {
    if (open_ >= limits_.connections) {
        auto const why = refuse(errc::limit_reached, phase::none,
                                "{} connections are open, which is the most; close one", limits_.connections);
        co_await turn_away(peer, why);
        co_return;
    }
    counted const one(open_);
    control_session session(
        std::move(peer), from,
        {*service_, limits_, news_, texts_, requests_, long_requests_, tokens_, is_ending_});
    listed const place(sessions_, &session);
    co_await session.run();
}

asio::awaitable<void> control_server::turn_away(peer_stream& peer, failure const& why) {
    control_session session(
        std::move(peer), {},
        {*service_, limits_, news_, texts_, requests_, long_requests_, tokens_, is_ending_});
    listed const place(sessions_, &session);
    co_await session.refuse(why);
}

}  // namespace hotswap::detail
