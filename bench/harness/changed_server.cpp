#include "harness/changed_server.hpp"

#include "harness/http_connection.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <system_error>
#include <thread>

namespace bench {

double until(std::chrono::steady_clock::time_point began, std::string_view what,
             std::function<bool()> const& is_seen) {
    using clock = std::chrono::steady_clock;
    constexpr std::chrono::seconds patience{10};
    constexpr std::chrono::microseconds between_looks{200};
    for (auto const deadline = clock::now() + patience; clock::now() < deadline;) {
        if (is_seen()) return std::chrono::duration<double, std::micro>(clock::now() - began).count();
        std::this_thread::sleep_for(between_looks);
    }
    throw std::runtime_error(fmt::format("{} was awaited for ten seconds", what));
}

std::string answer_of(std::uint16_t port) {
    try {
        auto const answer = http_connection(port).ask(http_request("GET", "/"));
        return answer && answer->status == 200 ? answer->body : std::string();
    } catch (std::system_error const&) {
        return {};
    }
}

}  // namespace bench
