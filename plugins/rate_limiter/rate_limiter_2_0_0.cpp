// Release 2.0.0 of the rate limiter: GCRA, and a limit over all clients without a separate lock.
#include "rate_limiter/gcra.hpp"
#include "rate_limiter/judging.hpp"
#include "rate_limiter/migrations.hpp"

#include <hotswap/component.hpp>

#include <atomic>

namespace hotswap::plugins {

class rate_limiter_2_0_0 final : public contracts::rate_limiter {
public:
    using state = rate_limiter_states::v2::state;
    using history = hotswap::history<&rate_limiter_states::upgrade_0_1,
                                     hotswap::lossy<&rate_limiter_states::downgrade_1_0>,
                                     &rate_limiter_states::upgrade_1_2, &rate_limiter_states::downgrade_2_1>;

    static void validate(state const& given) {
        check_limit(given.config.client);
        if (given.config.global) check_limit(*given.config.global);
    }

    rate_limiter_2_0_0(hotswap::host& host, state& live)
        : host_(host), state_(live), pace_(live.config.client) {
        if (live.config.global) global_pace_ = pace(*live.config.global);
        host_.every(cleanup_look, [this] { forget_idle_clients(); });
    }

    contracts::rate_verdict admit(std::string_view client, std::uint32_t cost) override {
        return admit_at({.client = client, .cost = cost}, host_.now());
    }

    void admit(std::span<contracts::rate_request const> requests,
               std::span<contracts::rate_verdict> verdicts) override {
        judge_each(requests, verdicts,
                   [this, now = time(host_.now())](auto const& r) { return admit_at(r, now); });
    }

    void configure(contracts::rate_limits const& wanted) override {
        rate_limiter_states::v2::config config{.client = stored(wanted.client), .global = std::nullopt};
        if (wanted.global) config.global = stored(*wanted.global);
        check_limit(config.client);
        if (config.global) check_limit(*config.global);
        all_shards const held(locks_);
        time const now = host_.now();
        pace const to(config.client);
        for (auto& shard : state_.shards)
            for (auto& [name, client] : shard.clients)
                client.arrival = rescaled(client.arrival, pace_, to, now);
        set_global(config.global, now);
        state_.config = config;
        pace_ = to;
    }

    contracts::rate_limits current_limits() override {
        std::lock_guard const lock(locks_.front().mutex);
        contracts::rate_limits limits{.client = shown(state_.config.client)};
        if (state_.config.global) limits.global = shown(*state_.config.global);
        return limits;
    }

    contracts::rate_statistics stats() override {
        contracts::rate_statistics sum;
        for (std::size_t i = 0; i != shard_count; ++i) {
            std::lock_guard const lock(locks_[i].mutex);
            sum.clients += state_.shards[i].clients.size();
            sum.admitted += state_.shards[i].admitted;
            sum.refused += state_.shards[i].refused;
        }
        return sum;
    }

private:
    contracts::rate_verdict admit_at(contracts::rate_request const& request, time now) {
        hashed_text const name(request.client);
        std::lock_guard const lock(locks_[name.shard()].mutex);
        auto& shard = state_.shards[name.shard()];
        auto found = shard.clients.find(name);
        if (found == shard.clients.end()) {
            if (request.cost == 0) return {.allowed = true, .remaining = pace_.burst};
            found = shard.clients.try_emplace(std::string(name.text)).first;
            found->second.arrival = now;
        }
        auto& client = found->second;
        client.arrival = settled(client.arrival, pace_, now);
        auto verdict = judge(client.arrival, pace_, request.cost, now);
        if (request.cost == 0) return verdict;
        if (verdict.allowed && global_pace_) verdict = take_global(verdict, request.cost, now);
        if (verdict.allowed) {
            client.arrival = taken(client.arrival, pace_, request.cost, now);
            ++shard.admitted;
        } else {
            ++client.violations;
            ++shard.refused;
        }
        return verdict;
    }

    contracts::rate_verdict take_global(contracts::rate_verdict client, std::uint32_t cost, time now) {
        std::atomic_ref<time> const global(state_.global);
        time arrival = global.load(std::memory_order_relaxed);
        for (;;) {
            time next = settled(arrival, *global_pace_, now);
            auto const all = judge(next, *global_pace_, cost, now);
            if (all.allowed) next = taken(next, *global_pace_, cost, now);
            if (next == arrival || global.compare_exchange_weak(arrival, next, std::memory_order_relaxed))
                return all.allowed ? client : refused_by_all(client, all, cost);
        }
    }

    void set_global(std::optional<rate_limiter_states::v2::limit> const& wanted, time now) {
        std::optional<pace> to;
        if (wanted) to = pace(*wanted);
        if (to) state_.global = global_pace_ ? rescaled(state_.global, *global_pace_, *to, now) : now;
        global_pace_ = to;
    }

    void forget_idle_clients() {
        time const now = host_.now();
        if (!is_due(now, state_.last_cleanup, std::chrono::seconds{60})) return;
        state_.last_cleanup = now;
        for (std::size_t i = 0; i != shard_count; ++i) {
            std::lock_guard const lock(locks_[i].mutex);
            std::erase_if(state_.shards[i].clients,
                          [&](auto const& entry) { return entry.second.arrival <= now; });
        }
    }

    hotswap::host& host_;
    state& state_;  // shard i is guarded by locks_[i], config by all of them; global is atomic under any of
                    // them, last_cleanup is the timer's alone
    pace pace_;     // of state_.config, guarded like it
    std::optional<pace> global_pace_;
    shard_locks locks_;
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::rate_limiter_2_0_0)
