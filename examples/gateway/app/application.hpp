// The requests of the gateway's clients. Every request passes the rate limiter; items need a session, too.
#pragma once

#include "app/read_through.hpp"
#include "http/message.hpp"

#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/contracts/session.hpp>
#include <hotswap/detail/slot/handle.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace gateway {

/// POST /login, POST /logout, GET /item/{key}, GET /healthz.
/// Threads:  [any]
class application {
public:
    struct parts {
        hotswap::handle<hotswap::contracts::rate_limiter> limiter;
        hotswap::handle<hotswap::contracts::session> sessions;
        read_through& items;
        bool trust_client_header = false;  ///< whether X-Client, not the address, says who is limited
    };

    explicit application(parts of) : of_(std::move(of)) {}

    void serve(request const& what, respond const& done);

    /// The number of requests begun so far.
    std::uint64_t requests() const noexcept { return requests_.load(std::memory_order_relaxed); }

private:
    std::optional<answer> over_limit(request const& what) const;
    answer login(request const& what) const;
    answer logout(request const& what) const;
    void get_item(request const& what, std::string const& key, respond const& done) const;

    parts of_;
    std::atomic<std::uint64_t> requests_{0};
};

}  // namespace gateway
