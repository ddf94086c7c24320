// Release 0.1.0 of the rate limiter: token buckets, from before states had versions.
#include "rate_limiter/limiter.hpp"
#include "rate_limiter/states/v0.hpp"
#include "rate_limiter/token_bucket.hpp"

namespace hotswap::plugins {

struct release_0 {
    using state = rate_limiter_states::v0::state;
    using row = rate_limiter_states::v0::bucket;
    static constexpr rate_limiter_release about{.number = "0.1.0"};

    static auto& config(state& of) noexcept { return of.client; }
    static auto config_of(contracts::rate_settings const& wanted) { return stored(wanted.client); }
    static contracts::rate_settings settings_of(state const& of) {
        contracts::rate_settings settings;
        settings.client = shown(of.client);
        return settings;
    }

    struct terms {
        pace limit;
    };
    static terms terms_of(state const& of, std::string_view) noexcept { return {pace(of.client)}; }

    static time arrival(row const& bucket) noexcept { return full_at(bucket); }
    static void keep(row& bucket, time arrival, terms const& its, time now) noexcept {
        bucket = bucket_full_at(arrival, its.limit, now);
    }
    static void pardon(row&, terms const&, time, time) noexcept {}
    static bool violate(row&, terms const&, time) noexcept { return false; }
    static time block_end(row const&, terms const&, time now) noexcept { return now; }
    static bool is_innocent(row const&, state const&, std::string_view, time) noexcept { return true; }
};

class rate_limiter_0_1_0 final : public limiter<release_0> {
public:
    using limiter::limiter;

    static void validate(state const& given) { check(shown(given.client)); }
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::rate_limiter_0_1_0)
