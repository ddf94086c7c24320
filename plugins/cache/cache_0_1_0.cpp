// Release 0.1.0 of the cache: keys and values, from before states had versions; its bounds are built in.
#include "cache/earliest_expiry.hpp"
#include "cache/sharded_cache.hpp"
#include "cache/states/v0.hpp"

#include <hotswap/component.hpp>

#include <stdexcept>

namespace hotswap::plugins {

class cache_0_1_0 final : public contracts::cache {
public:
    using state = cache_states::v0::state;

    cache_0_1_0(hotswap::host& host, state& live)
        : host_(host), shards_(live.shards, [](std::size_t i) { return share_of(10'000, i); }) {
        host_.every(std::chrono::seconds{60}, [this] { shards_.forget_expired(host_.now()); });
    }

    std::optional<std::string> get(std::string_view key) override { return shards_.get(key, host_.now()); }
    std::vector<std::optional<std::string>> get(std::span<std::string_view const> keys) override {
        return shards_.get(keys, host_.now());
    }
    void put(std::string_view key, std::string_view value, std::chrono::nanoseconds ttl) override {
        shards_.put(key, value, checked_ttl(ttl, default_ttl), host_.now());
    }
    void put(std::span<contracts::cache_entry const> entries) override {
        shards_.put(entries, default_ttl, host_.now());
    }
    bool erase(std::string_view key) override { return shards_.erase(key, host_.now()); }

    void configure(contracts::cache_settings const& wanted) override {
        if (wanted != contracts::cache_settings{})
            throw std::invalid_argument("cache 0.1.0 has no settings; swap to 1.0.0 or newer first");
    }
    contracts::cache_settings current_settings() override { return {}; }
    contracts::cache_statistics stats() override { return shards_.stats(); }

private:
    static constexpr std::chrono::nanoseconds default_ttl = std::chrono::seconds{300};

    hotswap::host& host_;
    sharded_cache<earliest_expiry> shards_;
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::cache_0_1_0)
