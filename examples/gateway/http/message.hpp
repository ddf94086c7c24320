// Requests and answers as the gateway's routes see them, without types of the HTTP library.
#pragma once

#include <boost/json/value.hpp>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

/// A completely read request, within all limits.
struct request {
    std::string method{};         ///< "GET"; any token, also one that HTTP does not know
    std::string target{};         ///< as sent: "/item/a%20b?x=1"
    std::string authorization{};  ///< the header of that name, or empty
    std::string client{};         ///< the header X-Client, or empty
    std::string body{};
    std::string peer{};  ///< the address of the sender; "local" on a Unix socket
};

/// An answer: always JSON.
struct answer {
    unsigned status = 200;
    boost::json::value body{};
    std::vector<std::pair<std::string, std::string>> headers{};
};

/// Thrown for a wrong body: the message states the expected form. The answer is 400.
class bad_body : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// An answer that describes an error: `{"error": "not_found", "message": "…"}`.
answer problem(unsigned status, std::string_view error, std::string_view message);

/// Sends the answer to one request; called once.
/// Threads:  [any]
using respond = std::function<void(answer)>;

/// Answers requests, now or later, on any thread; may throw before it has answered (500).
using handler = std::function<void(request, respond)>;

/// The segments of a target's path, each percent-decoded: {"item", "a b"}; nothing if the target is malformed.
std::optional<std::vector<std::string>> path_segments(std::string_view target);

/// Whether `text` is UTF-8, as JSON has to be.
bool is_utf8(std::string_view text);

}  // namespace gateway
