#include "harness/http_load.hpp"

#include "harness/http_connection.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

namespace bench {

namespace {

constexpr std::size_t keepers = 2;
constexpr std::size_t newcomers = 1;
constexpr std::chrono::milliseconds between_requests{1};

// False: there was no connection, or no good answer.
bool ask_once(std::optional<http_connection>& through, std::uint16_t port, std::string const& request) {
    try {
        if (!through) through.emplace(port);
        auto const answer = through->ask(request);
        return answer && answer->status == 200;
    } catch (std::system_error const&) {
        return false;
    }
}

}  // namespace

void load_result::add(load_result const& other) noexcept {
    requests += other.requests;
    failed += other.failed;
    connections += other.connections;
    longest = std::max(longest, other.longest);
}

http_load::http_load(std::uint16_t port, std::string request)
    : port_(port), request_(std::move(request)), seen_(keepers + newcomers) {
    for (std::size_t i = 0; i != seen_.size(); ++i)
        clients_.emplace_back([this, i] { ask_on(i < keepers, seen_[i]); });
}

http_load::~http_load() { finish(); }

load_result http_load::finish() {
    is_over_ = true;
    for (auto& client : clients_) client.join();
    clients_.clear();
    load_result all;
    for (auto const& each : seen_) all.add(each);
    return all;
}

void http_load::ask_on(bool keeps_connection, load_result& into) const {
    std::optional<http_connection> through;
    while (!is_over_) {
        // A server may close a connection between requests; a client then makes another, and no request has failed.
        if (through && !through->is_open()) {
            ++into.connections;
            through.reset();
        }
        auto const began = std::chrono::steady_clock::now();
        bool const is_good = ask_once(through, port_, request_);
        auto const took = std::chrono::steady_clock::now() - began;
        ++into.requests;
        into.longest = std::max(into.longest, std::chrono::duration<double, std::micro>(took).count());
        if (!is_good) ++into.failed;
        if (!is_good || !keeps_connection) through.reset();
        std::this_thread::sleep_for(between_requests);
    }
}

}  // namespace bench
