// The callers of the demo's load.
#pragma once

#include "demo/load.hpp"

#include <boost/json/value.hpp>

#include <random>

namespace demo {

/// Sends requests at a steady pace over one connection, and records the duration of each.
class load::caller {
public:
    caller(load& of, unsigned number, unsigned rate);
    virtual ~caller() = default;

    /// Before the load begins: sessions and items.
    virtual void prepare() = 0;
    void run(std::stop_token const& stop);
    /// After the last answer.
    virtual void conclude() {}

    std::vector<sample> const& samples() const noexcept { return samples_; }
    virtual std::size_t sessions() const noexcept = 0;

protected:
    using headers = gateway::http_client::headers;

    virtual void step() = 0;

    /// Sends and counts; an answer that is not keep-alive is a finding.
    gateway::reply ask(std::string_view method, std::string const& target, std::string_view body,
                       headers const& more);
    std::string login(std::string const& user, std::string const& client);
    gateway::reply ask_for(std::size_t item, std::string const& token, std::string const& client);
    /// Checks a found item against the known facts about it.
    void check(gateway::reply const& got, std::size_t item, std::uint64_t seen_before);
    void expect(bool holds, std::string_view claim, gateway::reply const& got);

    load& load_;
    unsigned number_;

private:
    std::chrono::nanoseconds interval_;
    gateway::http_client client_;
    std::vector<sample> samples_;
};

/// Several users with sessions from before the first swap; visitors with short sessions; items that do not
/// exist.
class load::regular_caller final : public caller {
public:
    using caller::caller;
    void prepare() override;
    std::size_t sessions() const noexcept override { return users_.size(); }

private:
    struct user {
        std::string client;
        std::string token;
    };

    void step() override;
    void visit();

    std::vector<user> users_;
    std::size_t turn_ = 0;
    std::minstd_rand random_{number_ + 1};
};

/// Asks twice as fast as its limit allows: about every second answer is a 429, during swaps too.
class load::greedy_caller final : public caller {
public:
    using caller::caller;
    void prepare() override;
    void conclude() override;
    std::size_t sessions() const noexcept override { return 1; }

private:
    void step() override;

    std::string token_;
    clock::time_point begin_{};
    std::uint64_t admitted_ = 0;
};

}  // namespace demo
