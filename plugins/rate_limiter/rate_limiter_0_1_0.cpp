// Release 0.1.0 of the rate limiter: token buckets, from before states had versions.
#include "rate_limiter/judging.hpp"
#include "rate_limiter/states/v0.hpp"
#include "rate_limiter/token_bucket.hpp"

#include <hotswap/component.hpp>

namespace hotswap::plugins {

class rate_limiter_0_1_0 final : public contracts::rate_limiter {
public:
    using state = rate_limiter_states::v0::state;

    static void validate(state const& given) { check_limit(given.client); }

    rate_limiter_0_1_0(hotswap::host& host, state& live) : host_(host), state_(live), pace_(live.client) {
        host_.every(std::chrono::seconds{60}, [this] { forget_idle_clients(); });
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
        if (wanted.global)
            throw std::invalid_argument(
                "rate_limiter 0.1.0 has no limit over all clients; swap to 1.0.0 or newer first");
        check_limit(stored(wanted.client));
        all_shards const held(locks_);
        pace const to(stored(wanted.client));
        time const now = host_.now();
        for (auto& shard : state_.shards)
            for (auto& [name, bucket] : shard) rescale(bucket, pace_, to, now);
        state_.client = stored(wanted.client);
        pace_ = to;
    }

    contracts::rate_limits current_limits() override {
        std::lock_guard const lock(locks_.front().mutex);
        return {.client = shown(state_.client)};
    }

    contracts::rate_statistics stats() override {
        contracts::rate_statistics sum;
        for (std::size_t i = 0; i != shard_count; ++i) {
            std::lock_guard const lock(locks_[i].mutex);
            sum.clients += state_.shards[i].size();
        }
        return sum;
    }

private:
    contracts::rate_verdict admit_at(contracts::rate_request const& request, time now) {
        hashed_text const client(request.client);
        std::lock_guard const lock(locks_[client.shard()].mutex);
        auto& shard = state_.shards[client.shard()];
        auto found = shard.find(client);
        if (found == shard.end()) {
            if (request.cost == 0) return {.allowed = true, .remaining = pace_.burst};
            found = shard.emplace(client.text, full_bucket(pace_, now)).first;
        }
        refill(found->second, pace_, now);
        auto const verdict = judge(found->second, pace_, request.cost, now);
        if (verdict.allowed) found->second.tokens -= request.cost;
        return verdict;
    }

    void forget_idle_clients() {
        time const now = host_.now();
        for (std::size_t i = 0; i != shard_count; ++i) {
            std::lock_guard const lock(locks_[i].mutex);
            std::erase_if(state_.shards[i],
                          [&](auto const& entry) { return is_full(entry.second, pace_, now); });
        }
    }

    hotswap::host& host_;
    state& state_;  // shard i is guarded by locks_[i], the limit by all of them
    pace pace_;     // of state_.client, guarded like it
    shard_locks locks_;
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::rate_limiter_0_1_0)
