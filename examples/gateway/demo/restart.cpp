#include "demo/restart.hpp"

#include "http/client.hpp"

#include <boost/json/object.hpp>

#include <fmt/format.h>

#include <csignal>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string_view>
#include <thread>

namespace demo {

namespace {

using gateway::http_client;

constexpr std::size_t items = 500;
constexpr unsigned clients = 8;
constexpr std::chrono::milliseconds before_next_attempt{5};

/// Logs in, asks for items, and does what a good client does when the server goes away: tries again.
class patient_caller {
public:
    patient_caller(load_options const& shape, unsigned number)
        : port_(shape.port),
          number_(number),
          interval_(std::chrono::nanoseconds(std::chrono::seconds{1}) / shape.rate) {}

    void run(std::stop_token const& stop) {
        for (auto next = clock::now(); !stop.stop_requested(); std::this_thread::sleep_until(next)) {
            ask(stop);
            next = std::max(next + interval_, clock::now());
        }
    }
    void add_to(restart_result& sum) const {
        sum.samples.insert(sum.samples.end(), samples_.begin(), samples_.end());
        sum.failed += failed_;
        sum.lost_sessions += lost_sessions_;
        sum.cold_items += cold_items_;
    }

private:
    void ask(std::stop_token const& stop) {
        auto const item = random_() % items;
        auto const begin = clock::now();
        while (!is_answered(item)) {
            if (stop.stop_requested()) return;
            std::this_thread::sleep_for(before_next_attempt);
        }
        samples_.push_back({.begin = begin, .latency = clock::now() - begin});
    }
    bool is_answered(std::size_t item) {
        try {
            if (!client_) client_ = http_client::to_port(port_);
            if (token_.empty()) log_in();
            auto const got =
                client_->send("GET", fmt::format("/item/restart-{}", item), {},
                              {{"Authorization", "Bearer " + token_}, {"X-Client", client_name()}});
            if (!got.keep_alive) client_.reset();
            if (got.status == 401) {
                ++lost_sessions_;
                token_.clear();
                return false;
            }
            if (got.status != 200) return false;
            count_cold(item, got);
            return true;
        } catch (gateway::connection_lost const&) {
            ++failed_;
            client_.reset();
            return false;
        }
    }
    void log_in() {
        auto const got = client_->send("POST", "/login", fmt::format(R"({{"user": "{}"}})", name()),
                                       {{"X-Client", client_name()}});
        auto const body = got.json();
        if (auto const* const object = body.if_object())
            if (auto const* const token = object->if_contains("token")) token_ = token->as_string();
        if (!got.keep_alive) client_.reset();
    }
    void count_cold(std::size_t item, gateway::reply const& got) {
        auto const body = got.json();
        bool const is_cached =
            body.is_object() && body.as_object().contains("cached") && body.as_object().at("cached") == true;
        if (!is_cached && was_seen_[item]) ++cold_items_;
        was_seen_[item] = true;
    }
    std::string name() const { return fmt::format("patient-{}", number_); }
    // As many clients as stay below their limits.
    std::string client_name() { return fmt::format("{}-{}", name(), turn_++ % clients); }

    unsigned short port_;
    unsigned number_;
    std::chrono::nanoseconds interval_;
    unsigned turn_ = 0;
    std::optional<http_client> client_;
    std::string token_;
    std::minstd_rand random_{number_ + 1};
    std::vector<bool> was_seen_ = std::vector<bool>(items);
    std::vector<sample> samples_;
    std::uint64_t failed_ = 0;
    std::uint64_t lost_sessions_ = 0;
    std::uint64_t cold_items_ = 0;
};

}  // namespace

restart_result restart_under_load(gateway::gateway_process& running, std::filesystem::path const& program,
                                  std::vector<std::string> const& arguments, load_options const& shape,
                                  clock::duration around) {
    restart_result result;
    std::vector<std::unique_ptr<patient_caller>> callers;
    for (unsigned i = 0; i != shape.callers; ++i)
        callers.push_back(std::make_unique<patient_caller>(shape, i));
    result.begin = clock::now();
    std::optional<gateway::gateway_process> next;
    {
        std::vector<std::jthread> threads;
        for (auto const& each : callers)
            threads.emplace_back([caller = each.get()](std::stop_token const& stop) { caller->run(stop); });
        std::this_thread::sleep_for(around);
        result.stopped = clock::now();
        running.signal(SIGTERM);
        running.wait();
        next.emplace(program, arguments);
        next->wait_until_it_listens();
        result.serving = clock::now();
        std::this_thread::sleep_for(around);
        for (auto& each : threads) each.request_stop();
    }
    result.end = clock::now();
    next->signal(SIGTERM);
    if (next->wait() != 0) result.program = next->output();
    for (auto const& each : callers) each->add_to(result);
    return result;
}

}  // namespace demo
