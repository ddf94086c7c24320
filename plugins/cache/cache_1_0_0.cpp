// Release 1.0.0 of the cache: a bound on entries kept by the time of the last use, settings, counts.
#include "cache/cache_core.hpp"
#include "cache/migrations/0_1.hpp"

#include <hotswap/component.hpp>

#include <limits>

namespace hotswap::plugins {

/// Of 32 entries the one that was used least recently is evicted.
struct rules_1_0_0 {
    using state = cache_states::v1::state;
    using row = cache_states::v1::row;

    static constexpr std::string_view release = "1.0.0";

    static bool is_fresh(row const& entry, time now) { return entry.expires > now; }
    static bool is_over(row const& entry, time now) { return entry.expires <= now; }
    static bool is_negative(row const&) { return false; }
    static void use(row& entry, std::uint64_t clock) { entry.used = clock; }
    static double worth(row const& entry, moment const&) { return static_cast<double>(entry.used); }
    static std::uint64_t max_entries(state& of) { return now_of(of.config.max_entries); }
    static std::uint64_t byte_budget(state&) { return std::numeric_limits<std::uint64_t>::max(); }
};

class cache_1_0_0 final : public cache_core<rules_1_0_0> {
public:
    using state = cache_states::v1::state;
    using history =
        hotswap::history<&cache_states::upgrade_0_1, hotswap::lossy<&cache_states::downgrade_1_0>>;

    static void validate(state const& given) { check_settings(shown(given.config)); }

    cache_1_0_0(hotswap::host& host, state& live) : cache_core(host, live) {}
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::cache_1_0_0)
