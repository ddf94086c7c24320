// Release 9.9.9 of the cache, a bad release: its migration throws on the first entry that it sees. The demo
// tries it on the running gateway.
#include "cache_state_2.hpp"

#include <hotswap/component.hpp>
#include <hotswap/contracts/cache.hpp>

#include <stdexcept>

namespace faulty {

namespace contracts = hotswap::contracts;

namespace v3 {
struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 3};

    v2::config config;
    v2::time last_cleanup{};
    decltype(v2::state::shards) shards;
    std::uint64_t priced = 0;
};
}  // namespace v3

v3::state price(v2::state&& old) {
    for (auto const& shard : old.shards)
        for (auto const& queue : {shard.small, shard.main})
            for (auto const& entry : queue)
                throw std::runtime_error("the entry \"" + entry.key +
                                         "\" has no price; price it before this release");
    return {.config = old.config, .last_cleanup = old.last_cleanup, .shards = std::move(old.shards)};
}

class cache final : public contracts::cache {
public:
    using state = v3::state;
    using history = hotswap::history<&price>;

    cache(hotswap::host&, state&) {}

    std::optional<std::string> get(std::string_view) override { return std::nullopt; }
    std::vector<std::optional<std::string>> get(std::span<std::string_view const> keys) override {
        return std::vector<std::optional<std::string>>(keys.size());
    }
    void put(std::string_view, std::string_view, std::chrono::nanoseconds) override {}
    void put(std::span<contracts::cache_entry const>) override {}
    bool erase(std::string_view) override { return false; }
    void configure(contracts::cache_settings const&) override {}
    contracts::cache_settings current_settings() override { return {}; }
    contracts::cache_statistics stats() override { return {}; }
};

}  // namespace faulty

HOTSWAP_COMPONENT(faulty::cache)
