// Clients of an HTTP server while it is changed.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace bench {

/// What clients saw.
struct load_result {
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;       ///< refused, cut off, not 200, or later than ten seconds
    std::uint64_t connections = 0;  ///< kept connections that the server closed
    double longest = 0;             ///< the longest request, µs

    void add(load_result const& other) noexcept;
};

/// Two clients that keep their connections and one that makes a new one for each request; each asks about once in a
/// millisecond, so that the processor has time for the server and the command.
/// Threads:  call all members on the thread that made it.
class http_load {
public:
    http_load(std::uint16_t port, std::string request);
    ~http_load();
    http_load(http_load const&) = delete;
    http_load& operator=(http_load const&) = delete;

    /// Ends the clients.
    load_result finish();

private:
    void ask_on(bool keeps_connection, load_result& into) const;

    std::uint16_t port_;
    std::string request_;
    std::atomic<bool> is_over_{false};
    std::vector<load_result> seen_;
    std::vector<std::thread> clients_;
};

}  // namespace bench
