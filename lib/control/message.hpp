// Requests and answers of the control interface, without types of the HTTP library.
#pragma once

#include "control/peer.hpp"

#include <hotswap/failure.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// A request that was read completely, within all limits.
struct control_request {
    std::string method{};             ///< "GET"
    std::vector<std::string> path{};  ///< {"v1", "operations", "3f2a-1"}, decoded
    std::map<std::string, std::string, std::less<>> query{};
    std::string body{};
    std::string agent{};  ///< the header User-Agent
    control_peer from{};
};

/// What an answer goes on with after its header.
enum class control_stream : std::uint8_t { none, events, status };

struct control_answer {
    unsigned status = 200;
    std::string type = "application/json";
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};

    /// The answer is this operation, as it is when it ends or when `wait` is over.
    std::string operation{};
    std::chrono::nanoseconds wait{0};

    control_stream stream = control_stream::none;
    std::uint64_t after = 0;  ///< the number of the last event that the peer has
};

/// The value as an answer.
control_answer answer_with(boost::json::value const& body, unsigned status = 200);
/// The failure as an answer: `{"error": {"code": …, "message": …}}`.
control_answer answer_with(failure const& why);
/// The status code of a failure.
unsigned http_status(failure const& why) noexcept;

/// Reads the path and the query of a target; empty if it is malformed.
struct control_target {
    std::vector<std::string> path{};
    std::map<std::string, std::string, std::less<>> query{};
};
std::optional<control_target> read_target(std::string_view target);

}  // namespace hotswap::detail
