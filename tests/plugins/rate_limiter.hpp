// The rate limiter of any release, and the model that its verdicts are compared with.
#pragma once

#include "plugins/shipped.hpp"

#include <hotswap/contracts/rate_limiter.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace hotswap::contracts {

inline std::ostream& operator<<(std::ostream& out, rate_verdict const& verdict) {
    return out << (verdict.allowed ? "allowed" : "refused") << ", remaining " << verdict.remaining
               << ", retry after " << verdict.retry_after.count() << " ns, reset after "
               << verdict.reset_after.count() << " ns";
}

}  // namespace hotswap::contracts

namespace hotswap_test {

using hotswap::contracts::rate_limit;
using hotswap::contracts::rate_limiter;
using hotswap::contracts::rate_penalty;
using hotswap::contracts::rate_plan;
using hotswap::contracts::rate_request;
using hotswap::contracts::rate_settings;
using hotswap::contracts::rate_statistics;
using hotswap::contracts::rate_verdict;

inline constexpr std::chrono::nanoseconds never = std::chrono::nanoseconds::max();

struct limiter : shipped<rate_limiter> {
    explicit limiter(std::string_view release,
                     rate_settings const& settings = {.client = {.tokens = 10, .burst = 5}})
        : shipped("rate_limiter", release) {
        (*this)->configure(settings);
    }

    /// The number of admitted calls among `calls` calls with cost 1.
    int admitted(std::string_view client, int calls) {
        int count = 0;
        for (int i = 0; i != calls; ++i) count += (*this)->acquire(client).allowed ? 1 : 0;
        return count;
    }
    std::uint32_t remaining(std::string_view client) { return (*this)->acquire(client, 0).remaining; }
};

/// What a limiter shall answer, in its plainest form: each client owes the time that its used tokens take
/// to come back.
class rate_model {
public:
    using time = still_clock::time_point;

    explicit rate_model(rate_settings settings) : settings_(std::move(settings)) {}

    void configure(rate_settings settings, time now) {
        if (!settings_.global) global_ = {.owed = 0ns, .as_of = now};
        settings_ = std::move(settings);
    }
    rate_settings const& settings() const { return settings_; }

    rate_verdict acquire(std::string_view client, std::uint32_t cost, time now) {
        auto const found = clients_.find(client);
        auto account = found == clients_.end() ? entry{} : found->second;
        auto const verdict = judge(account, client, cost, now);
        if (cost != 0) clients_.insert_or_assign(std::string(client), account);
        return verdict;
    }

private:
    struct debt {
        std::chrono::nanoseconds owed{0};
        time as_of{};
    };
    struct entry {
        debt burst;
        std::uint32_t violations = 0;
        time decays_from{};
        std::optional<time> blocked_until;
    };

    static std::chrono::nanoseconds token(rate_limit const& limit) {
        return std::chrono::nanoseconds((limit.per.count() + limit.tokens - 1) / limit.tokens);
    }
    static void pay(debt& of, rate_limit const& limit, time now) {
        of.owed = std::clamp<std::chrono::nanoseconds>(of.owed - (now - of.as_of), 0ns,
                                                       token(limit) * std::int64_t{limit.burst});
        of.as_of = now;
    }
    /// The verdict on a debt that is paid up to now; adds the price if it is allowed.
    static rate_verdict charge(debt& of, rate_limit const& limit, std::uint32_t cost) {
        auto const one = token(limit);
        auto const missing = (of.owed + one - 1ns) / one;
        auto const left = static_cast<std::uint32_t>(limit.burst - missing);
        if (cost > limit.burst) return {false, left, never, of.owed};
        if (cost > left) return {false, left, of.owed - one * std::int64_t{limit.burst - cost}, of.owed};
        of.owed += one * std::int64_t{cost};
        return {true, left - cost, 0ns, of.owed};
    }

    std::pair<rate_limit, std::optional<rate_penalty>> terms_of(std::string_view client) const {
        rate_plan const* best = nullptr;
        for (auto const& plan : settings_.plans) {
            if (!plan.prefix && plan.client == client) return {plan.limit, plan.penalty};
            if (plan.prefix && client.starts_with(plan.client) &&
                (best == nullptr || plan.client.size() > best->client.size()))
                best = &plan;
        }
        if (best != nullptr) return {best->limit, best->penalty};
        return {settings_.client, settings_.penalty};
    }

    static void decay(entry& of, rate_penalty const& penalty, time now) {
        if (of.blocked_until) {
            of.blocked_until = std::min<time>(*of.blocked_until, now + penalty.block);
            if (*of.blocked_until <= now) {
                of.decays_from = *of.blocked_until;
                of.blocked_until.reset();
            }
            return;
        }
        of.decays_from = std::min(of.decays_from, now);
        for (; of.violations != 0 && of.decays_from + penalty.decay <= now; of.decays_from += penalty.decay)
            --of.violations;
    }
    static rate_verdict block(rate_verdict const& own, std::chrono::nanoseconds owed,
                              std::chrono::nanoseconds left) {
        return {false, 0, std::max(own.retry_after, left), std::max(owed, left)};
    }

    rate_verdict judge(entry& of, std::string_view client, std::uint32_t cost, time now) {
        auto const [limit, penalty] = terms_of(client);
        pay(of.burst, limit, now);
        auto const owed = of.burst.owed;
        auto after = of.burst;
        auto verdict = charge(after, limit, cost);
        if (penalty) decay(of, *penalty, now);
        if (of.blocked_until) return block(verdict, owed, *of.blocked_until - now);
        if (!verdict.allowed && penalty) {
            if (of.violations == 0) of.decays_from = now;
            if (++of.violations >= penalty->violations) {
                of.violations = 0;
                of.blocked_until = now + penalty->block;
                return block(verdict, owed, penalty->block);
            }
        }
        if (verdict.allowed && cost != 0 && settings_.global) {
            pay(global_, *settings_.global, now);
            if (auto const all = charge(global_, *settings_.global, cost); !all.allowed)
                return {false, verdict.remaining + cost, all.retry_after, owed};
        }
        if (verdict.allowed) of.burst = after;
        return verdict;
    }

    rate_settings settings_;
    debt global_;
    std::map<std::string, entry, std::less<>> clients_;
};

}  // namespace hotswap_test
