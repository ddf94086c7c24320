// Release 2.0.0 of the rate limiter: GCRA, one arrival time in place of a bucket.
#include "rate_limiter/limiter.hpp"
#include "rate_limiter/migrations/0_1.hpp"
#include "rate_limiter/migrations/1_2.hpp"

namespace hotswap::plugins {

struct release_2 {
    using history = hotswap::history<&rate_limiter_states::upgrade_0_1,
                                     hotswap::lossy<&rate_limiter_states::downgrade_1_0>,
                                     &rate_limiter_states::upgrade_1_2, &rate_limiter_states::downgrade_2_1>;
    using state = rate_limiter_states::v2::state;
    using row = rate_limiter_states::v2::client;
    static constexpr rate_limiter_release about{.number = "2.0.0", .has_global = true};

    static auto& config(state& of) noexcept { return of.config; }
    static rate_limiter_states::v2::config config_of(contracts::rate_settings const& wanted) {
        return {.client = stored(wanted.client), .global = stored(wanted.global)};
    }
    static contracts::rate_settings settings_of(state const& of) {
        contracts::rate_settings settings;
        settings.client = shown(of.config.client);
        settings.global = shown(of.config.global);
        return settings;
    }

    struct terms {
        pace limit;
    };
    static terms terms_of(state const& of, std::string_view) noexcept { return {pace(of.config.client)}; }

    static time arrival(row const& client) noexcept { return client.arrival; }
    static void keep(row& client, time arrival, terms const&, time) noexcept { client.arrival = arrival; }
    static void pardon(row& client, terms const&, time arrival, time now) noexcept {
        if (arrival <= now) client.violations = 0;
    }
    static bool violate(row& client, terms const&, time) noexcept {
        client.violations += client.violations != UINT32_MAX ? 1 : 0;
        return false;  // this release only counts them
    }
    static time block_end(row const&, terms const&, time now) noexcept { return now; }
    static bool is_innocent(row const&, state const&, std::string_view, time) noexcept { return true; }
};

class rate_limiter_2_0_0 final : public limiter<release_2> {
public:
    using history = release_2::history;
    using limiter::limiter;

    static void validate(state const& given) {
        check(shown(given.config.client));
        check(shown(given.config.global));
    }
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::rate_limiter_2_0_0)
