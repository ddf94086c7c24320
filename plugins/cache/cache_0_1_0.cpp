// Release 0.1.0 of the cache: keys and values, from before states had versions; its bounds are built in.
#include "cache/cache_core.hpp"
#include "cache/states/v0.hpp"

#include <hotswap/component.hpp>

#include <limits>

namespace hotswap::plugins {

/// At most 10 000 entries; of 32 the one that expires first is evicted.
struct rules_0_1_0 {
    using state = cache_states::v0::state;
    using row = cache_states::v0::row;

    static constexpr std::string_view release = "0.1.0";

    static bool is_fresh(row const& entry, time now) { return entry.expires > now; }
    static bool is_over(row const& entry, time now) { return entry.expires <= now; }
    static bool is_negative(row const&) { return false; }
    static double worth(row const& entry, moment const&) {
        return static_cast<double>(entry.expires.time_since_epoch().count());
    }
    static std::uint64_t max_entries(state&) { return 10'000; }
    static std::uint64_t byte_budget(state&) { return std::numeric_limits<std::uint64_t>::max(); }
};

class cache_0_1_0 final : public cache_core<rules_0_1_0> {
public:
    using state = cache_states::v0::state;

    cache_0_1_0(hotswap::host& host, state& live) : cache_core(host, live) {}
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::cache_0_1_0)
