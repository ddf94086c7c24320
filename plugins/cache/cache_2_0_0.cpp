// Release 2.0.0 of the cache: a byte budget, and eviction that scans cannot spoil.
#include "cache/cache_core.hpp"
#include "cache/migrations/0_1.hpp"
#include "cache/migrations/1_2.hpp"

#include <hotswap/component.hpp>

namespace hotswap::plugins {

struct rules_2_0_0 : fewest_hits_for_their_age {
    using state = cache_states::v2::state;
    using row = cache_states::v2::row;

    static constexpr std::string_view release = "2.0.0";

    static bool is_fresh(row const& entry, time now) { return entry.expires > now; }
    static bool is_over(row const& entry, time now) { return entry.expires <= now; }
    static bool is_negative(row const&) { return false; }
    static std::uint64_t max_entries(state& of) { return now_of(of.config.max_entries); }
    static std::uint64_t byte_budget(state& of) { return now_of(of.config.byte_budget); }
};

class cache_2_0_0 final : public cache_core<rules_2_0_0> {
public:
    using state = cache_states::v2::state;
    using history =
        hotswap::history<&cache_states::upgrade_0_1, hotswap::lossy<&cache_states::downgrade_1_0>,
                         &cache_states::upgrade_1_2, hotswap::lossy<&cache_states::downgrade_2_1>>;

    static void validate(state const& given) { check_settings(shown(given.config)); }

    cache_2_0_0(hotswap::host& host, state& live) : cache_core(host, live) {}
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::cache_2_0_0)
