// The source of the items: it takes the place of a slow database.
#pragma once

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// An item, and the number of the fetch that brought it: a later fetch has a higher one.
struct item {
    std::string value{};
    std::uint64_t revision = 0;
};

/// The value that the origin keeps under `key`; nothing for keys that begin with "missing".
std::optional<std::string> value_at_origin(std::string_view key);

/// Answers every question after the same delay.
/// Threads:  [any]
class origin {
public:
    origin(boost::asio::io_context& io, std::chrono::nanoseconds delay) : io_(io), delay_(delay) {}

    /// Calls `deliver` after the delay, on a thread of the io_context.
    void fetch(std::string key, std::function<void(std::optional<item>)> deliver);

    /// The number of fetches so far.
    std::uint64_t fetches() const noexcept { return fetches_.load(std::memory_order_relaxed); }

private:
    boost::asio::io_context& io_;
    std::chrono::nanoseconds delay_;
    std::atomic<std::uint64_t> fetches_{0};
};

}  // namespace gateway
