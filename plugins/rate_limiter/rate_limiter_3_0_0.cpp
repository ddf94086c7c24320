// Release 3.0.0 of the rate limiter: plans for single clients or prefixes, and penalties with decay.
#include "rate_limiter/limiter.hpp"
#include "rate_limiter/migrations/0_1.hpp"
#include "rate_limiter/migrations/1_2.hpp"
#include "rate_limiter/migrations/2_3.hpp"
#include "rate_limiter/penalty.hpp"
#include "rate_limiter/plans.hpp"

namespace hotswap::plugins {

struct release_3 {
    using history = hotswap::history<
        &rate_limiter_states::upgrade_0_1, hotswap::lossy<&rate_limiter_states::downgrade_1_0>,
        &rate_limiter_states::upgrade_1_2, &rate_limiter_states::downgrade_2_1,
        &rate_limiter_states::upgrade_2_3, hotswap::lossy<&rate_limiter_states::downgrade_3_2>>;
    using state = rate_limiter_states::v3::state;
    using row = rate_limiter_states::v3::client;
    static constexpr rate_limiter_release about{.number = "3.0.0", .has_global = true, .has_penalties = true};

    static auto& config(state& of) noexcept { return of.config; }
    static rate_limiter_states::v3::config config_of(contracts::rate_settings const& wanted) {
        auto [clients, prefixes] = sorted_plans(wanted.plans);
        return {.client = stored(wanted.client),
                .global = stored(wanted.global),
                .penalty = stored(wanted.penalty),
                .clients = std::move(clients),
                .prefixes = std::move(prefixes)};
    }
    static contracts::rate_settings settings_of(state const& of) {
        contracts::rate_settings settings;
        settings.client = shown(of.config.client);
        settings.global = shown(of.config.global);
        settings.penalty = shown(of.config.penalty);
        settings.plans = shown_plans(of.config);
        return settings;
    }

    struct terms {
        pace limit;
        std::optional<rate_limiter_states::v3::penalty> const& penalty;
    };
    static terms terms_of(state const& of, std::string_view client) noexcept {
        if (auto const* const plan = plan_of(of.config, client)) return {pace(plan->limit), plan->penalty};
        return {pace(of.config.client), of.config.penalty};
    }

    static time arrival(row const& client) noexcept { return client.arrival; }
    static void keep(row& client, time arrival, terms const&, time) noexcept { client.arrival = arrival; }
    static void pardon(row& client, terms const& its, time, time now) noexcept {
        if (its.penalty) plugins::pardon(client, *its.penalty, now);
    }
    static bool violate(row& client, terms const& its, time now) noexcept {
        return its.penalty && plugins::violate(client, *its.penalty, now);
    }
    static time block_end(row const& client, terms const& its, time now) noexcept {
        return its.penalty ? plugins::block_end(client, *its.penalty, now) : now;
    }
    static bool is_innocent(row const& client, state const& of, std::string_view name, time now) noexcept {
        if (client.violations == 0 && !client.blocked) return true;
        auto const& penalty = terms_of(of, name).penalty;
        if (!penalty) return true;
        return client.blocked ? plugins::block_end(client, *penalty, now) <= now
                              : violations_left(client, *penalty, now) == 0;
    }
};

class rate_limiter_3_0_0 final : public limiter<release_3> {
public:
    using history = release_3::history;
    using limiter::limiter;

    static void validate(state const& given) {
        check(shown(given.config.client));
        check(shown(given.config.global));
        check(shown(given.config.penalty));
        check_plans(given.config.clients, given.config.prefixes);
    }
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::rate_limiter_3_0_0)
