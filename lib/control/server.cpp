#include "control/server.hpp"

#include "base/refuse.hpp"
#include "control/session.hpp"

#include <boost/asio/co_spawn.hpp>
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
      service_(std::make_unique<control_service>(of, std::move(options), [this] { news_.notify(); })) {}

result<void> control_server::start() {
    if (auto opened = service_->open(); !opened) return opened;
    boost::system::error_code error;
    acceptor_.assign(asio::local::stream_protocol(), file_.take(), error);
    if (error)
        return refuse(errc::control_failed, phase::none, "the control socket {} cannot be used: {}",
                      file_.path().native(), error.message());
    spawn(accept());
    spawn(look_after());
    thread_ = library_thread(thread_name("control"), [this]() noexcept { run_to_end(io_); });
    return {};
}

control_server::~control_server() {
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

asio::awaitable<void> control_server::accept() {
    while (!is_ending_) {
        auto [error, peer] = co_await acceptor_.async_accept(with_error);
        if (is_ending_) co_return;
        if (error) {
            // Usually no file descriptor is left: tries again when some may be free.
            asio::steady_timer pause(io_, after_failure);
            co_await pause.async_wait(with_error);
            continue;
        }
        try {
            spawn(serve(std::move(peer)));
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
        } catch (std::bad_alloc const&) {
            continue;  // the next look may have memory
        }
    }
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

asio::awaitable<void> control_server::serve(socket peer) {
    auto const from = peer_of(peer.native_handle(), groups_);
    control_session session(std::move(peer), from ? *from : control_peer{},
                            {*service_, limits_, news_, requests_, long_requests_, is_ending_});
    bool const is_full = sessions_.size() >= limits_.connections;
    listed const place(sessions_, &session);
    if (from && !is_full) {
        co_await session.run();
        co_return;
    }
    auto const why =
        from ? refuse(errc::limit_reached, phase::none,
                      "{} connections are open, which is the most; close one", limits_.connections)
             : from.error();
    co_await session.refuse(why);
}

}  // namespace hotswap::detail
