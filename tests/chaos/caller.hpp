// A caller of the gateway, with the history of its requests and answers: the model that decides.
#pragma once

#include "findings.hpp"
#include "gateway_site.hpp"
#include "wanted.hpp"

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace chaos {

/// The known state of a session or an item: a kill may leave it open.
enum class known : std::uint8_t { there, gone, open };

/// Uses sessions and items that no other caller uses, so that each answer is known.
class caller {
public:
    caller(gateway_site& site, unsigned number, std::uint64_t seed, findings& found);
    ~caller() { stop(); }
    caller(caller const&) = delete;
    caller& operator=(caller const&) = delete;

    void stop();
    /// Checks every known session and item once more.
    void check_all();
    std::uint64_t answers() const noexcept { return answers_.load(); }
    std::uint64_t in_flight_at_a_kill() const noexcept { return lost_.load(); }

private:
    struct session {
        std::string user;
        std::string token;
        known state = known::there;
        clock::time_point opened{};  // when it was answered
        clock::time_point closed{};
    };
    struct item {
        known state = known::open;
        std::uint64_t revision = 0;
        clock::time_point since{};  // when it was first answered
    };

    void work();
    void step();
    /// Whether the caller is connected again: false if the run is over.
    bool reconnect();
    /// After a kill: answers from before the last durable state still hold, the others are open.
    void look_back(incarnation const& at);
    gateway::reply ask(std::string_view method, std::string const& target, std::string_view body,
                       std::string const& user, std::string const& token = {});
    void login();
    void logout(session& which);
    void get(session& with, std::string const& key);
    void check_item(gateway::reply const& got, std::string const& key);

    gateway_site& site_;
    unsigned number_;
    dice random_;
    findings& found_;
    std::shared_ptr<incarnation> at_;
    std::optional<gateway::http_client> client_;
    std::vector<session> sessions_;
    std::map<std::string, item> items_;
    unsigned users_ = 0;
    std::atomic<std::uint64_t> answers_{0};
    std::atomic<std::uint64_t> lost_{0};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

/// Asks for more than its limit, and must never get more than the limit.
class greedy_caller {
public:
    greedy_caller(gateway_site& site, findings& found);
    ~greedy_caller() { stop(); }
    greedy_caller(greedy_caller const&) = delete;
    greedy_caller& operator=(greedy_caller const&) = delete;

    void stop();

private:
    void work();

    gateway_site& site_;
    findings& found_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace chaos
