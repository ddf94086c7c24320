// The limiter that all releases share. A `Release` says how a client's row holds its arrival time, which
// limit the client has and what a violation leads to.
#pragma once

#include "rate_limiter/conversions.hpp"
#include "rate_limiter/pace.hpp"
#include "rate_limiter/settings.hpp"
#include "rate_limiter/settings_lock.hpp"
#include "shared/clock.hpp"
#include "shared/striped.hpp"
#include "shared/upkeep.hpp"

#include <hotswap/component.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::plugins {

/// Throws unless a client's name is in the contract's range.
inline void check_client(std::string_view client) {
    if (client.size() > contracts::rate_limiter::longest_client)
        throw std::invalid_argument("a client's name has up to " +
                                    std::to_string(contracts::rate_limiter::longest_client) + " bytes, not " +
                                    std::to_string(client.size()));
}

template <class Release>
class limiter : public contracts::rate_limiter {
public:
    using contract_type = contracts::rate_limiter;
    using state = typename Release::state;

    limiter(hotswap::host& host, state& live) : host_(host), state_(live) {
        host_.every(upkeep_period, [this] { forget_idle_clients(); });
    }

    contracts::rate_verdict acquire(std::string_view client, std::uint32_t cost) final {
        check_client(client);
        time const now = host_.now();
        auto const settings = settings_.reading();
        return judged(client, cost, now);
    }

    void acquire(std::span<contracts::rate_request const> requests,
                 std::span<contracts::rate_verdict> verdicts) final {
        if (requests.size() != verdicts.size() || requests.size() > largest_batch)
            throw std::invalid_argument("a batch of " + std::to_string(requests.size()) +
                                        " requests came with room for " + std::to_string(verdicts.size()) +
                                        " verdicts; give both the same size, up to " +
                                        std::to_string(largest_batch));
        for (auto const& each : requests) check_client(each.client);
        time const now = host_.now();
        auto const settings = settings_.reading();
        for (std::size_t i = 0; i != requests.size(); ++i)
            verdicts[i] = judged(requests[i].client, requests[i].cost, now);
    }

    void configure(contracts::rate_settings const& wanted) final {
        std::lock_guard const one_at_a_time(configuring_);
        change_settings(wanted);
    }
    void configure(std::span<contracts::setting const> wanted) final {
        std::lock_guard const one_at_a_time(configuring_);
        change_settings(with_named(Release::settings_of(state_), wanted, Release::about));
    }
    hotswap::settings configuration() {
        return settings_by_name<named_rate_settings>(named_rate_settings(current_settings()),
                                                     names_of(Release::about));
    }
    contracts::rate_settings current_settings() final {
        auto const settings = settings_.reading();
        return Release::settings_of(state_);
    }

    contracts::rate_statistics stats() final {
        contracts::rate_statistics sum{.clients = state_.clients.size()};
        if constexpr (counts) {
            using stripe = typename decltype(state_.stripes)::value_type;
            sum.admitted = sum_of(state_.stripes, &stripe::admitted);
            sum.refused = sum_of(state_.stripes, &stripe::refused);
            sum.refused_by_all = sum_of(state_.stripes, &stripe::refused_by_all);
            sum.forgotten = sum_of(state_.stripes, &stripe::forgotten);
            if constexpr (Release::about.has_penalties)
                sum.penalties = sum_of(state_.stripes, &stripe::penalties);
        }
        return sum;
    }

    std::vector<contracts::metric> metrics() final {
        auto const now = stats();
        std::vector<contracts::metric> all{{"hotswap_rate_limiter_clients", now.clients}};
        if constexpr (counts) {
            all.push_back({"hotswap_rate_limiter_admitted_total", now.admitted});
            all.push_back({"hotswap_rate_limiter_refused_total", now.refused});
            all.push_back({"hotswap_rate_limiter_refused_by_all_total", now.refused_by_all});
            all.push_back({"hotswap_rate_limiter_forgotten_total", now.forgotten});
        }
        if constexpr (Release::about.has_penalties)
            all.push_back({"hotswap_rate_limiter_penalties_total", now.penalties});
        return all;
    }

private:
    using row = typename decltype(state::clients)::mapped_type;
    using terms = typename Release::terms;
    static constexpr bool counts = requires(state & any) { any.stripes; };

    /// Threads:  with the settings locked for reading.
    contracts::rate_verdict judged(std::string_view client, std::uint32_t cost, time now) {
        terms const its = Release::terms_of(state_, client);
        if (cost == 0) return looked_at(client, its, now);
        contracts::rate_verdict verdict;
        auto const decide = [&](row& of) { verdict = taken(of, its, cost, now); };
        state_.clients.try_emplace_or_visit(client, first_call<decltype(decide)>{decide},
                                            [&](auto& entry) { decide(entry.second); });
        return verdict;
    }

    contracts::rate_verdict looked_at(std::string_view client, terms const& its, time now) {
        auto verdict = judge(now, its.limit, 0, now);
        state_.clients.cvisit(client, [&](auto const& entry) {
            time const arrival = settled(Release::arrival(entry.second), its.limit, now);
            verdict = judge(arrival, its.limit, 0, now);
            if (time const end = Release::block_end(entry.second, its, now); end > now)
                verdict = blocked(verdict, arrival - now, end - now);
        });
        return verdict;
    }

    /// Threads:  under the lock of the row's shard.
    contracts::rate_verdict taken(row& of, terms const& its, std::uint32_t cost, time now) {
        time const arrival = settled(Release::arrival(of), its.limit, now);
        auto verdict = judge(arrival, its.limit, cost, now);
        Release::pardon(of, its, arrival, now);
        time end = Release::block_end(of, its, now);
        bool const was_blocked = end > now;
        bool by_all = false;
        bool begins = false;
        if (verdict.allowed && !was_blocked) by_all = refused_by_all(verdict, arrival - now, cost, now);
        if (!verdict.allowed && !was_blocked && !by_all) {
            begins = Release::violate(of, its, now);
            end = Release::block_end(of, its, now);
        }
        if (end > now) verdict = blocked(verdict, arrival - now, end - now);
        Release::keep(of, verdict.allowed ? now + verdict.reset_after : arrival, its, now);
        count(verdict.allowed, by_all, begins);
        return verdict;
    }

    /// Takes `cost` from the limit over all clients, if there is one; changes the verdict if it has too
    /// little.
    bool refused_by_all(contracts::rate_verdict& verdict, std::chrono::nanoseconds used, std::uint32_t cost,
                        time now) {
        if constexpr (Release::about.has_global) {
            if (!state_.config.global) return false;
            pace const limit(*state_.config.global);
            std::atomic_ref<time> const global(state_.global);
            for (time arrival = global.load(std::memory_order_relaxed);;) {
                auto const all = judge(settled(arrival, limit, now), limit, cost, now);
                time const next = now + all.reset_after;
                if (next != arrival &&
                    !global.compare_exchange_weak(arrival, next, std::memory_order_relaxed))
                    continue;
                if (all.allowed) return false;
                verdict = {.allowed = false,
                           .remaining = verdict.remaining + cost,
                           .retry_after = all.retry_after,
                           .reset_after = used};
                return true;
            }
        }
        return false;
    }

    void count(bool allowed, bool by_all, bool begins) noexcept {
        if constexpr (counts) {
            auto& stripe = state_.stripes[stripe_of_thread()];
            add_to(allowed ? stripe.admitted : stripe.refused);
            if (by_all) add_to(stripe.refused_by_all);
            if constexpr (Release::about.has_penalties)
                if (begins) add_to(stripe.penalties);
        }
    }

    /// Threads:  with `configuring_` held.
    void change_settings(contracts::rate_settings const& wanted) {
        check(wanted, Release::about);
        auto const before = Release::settings_of(state_);
        auto next = Release::config_of(wanted);
        settings_.writing([&] {
            if constexpr (Release::about.has_global)
                if (!before.global) state_.global = host_.now();  // whole, when it begins to count
            std::swap(Release::config(state_), next);
        });
        std::string line = "rate_limiter settings: ";
        line += text_of(Release::settings_of(state_));
        line += " (before: ";
        line += text_of(before);
        line += ")";
        host_.log(level::info, line);
    }

    void forget_idle_clients() {
        constexpr std::chrono::nanoseconds round = std::chrono::minutes{1};
        // Only who has been idle for a minute: if the clock steps back by less, the client is still idle.
        time const now = host_.now() - std::chrono::minutes{1};
        upkeep_.run(host_, state_.clients.size(), round, [this, now](table_cursor& cursor, std::size_t rows) {
            auto const settings = settings_.reading();
            std::uint64_t forgotten = 0;
            state_.clients.csweep(cursor, rows, [&](auto const& entry) {
                bool const idle = is_idle(entry.first, entry.second, now);
                forgotten += idle ? 1 : 0;
                return idle;
            });
            if constexpr (counts)
                if (forgotten != 0) add_to(state_.stripes[stripe_of_thread()].forgotten, forgotten);
        });
    }

    /// Whether a row says no more than a missing one.
    bool is_idle(std::string_view client, row const& of, time now) const {
        // No limit has a burst of more than a year: such a time is of a clock that was wrong, and would
        // stay for ever.
        constexpr std::chrono::nanoseconds longest = std::chrono::hours{24} * 366;
        time const arrival = Release::arrival(of);
        if (arrival > now) return arrival > now + longest;
        return Release::is_innocent(of, state_, client, now);
    }

    /// Makes the row of a client that was not seen before, under the lock of its shard.
    template <class Decide>
    struct first_call {
        Decide const& decide;
        operator row() const {  // NOLINT(google-explicit-constructor): the table's own conversion
            row made{};
            decide(made);
            return made;
        }
    };

    hotswap::host& host_;
    state& state_;  // its settings are guarded by settings_, and written with configuring_ held as well
    settings_lock settings_;
    std::mutex configuring_;
    upkeep upkeep_;  // the timer's alone
};

}  // namespace hotswap::plugins
