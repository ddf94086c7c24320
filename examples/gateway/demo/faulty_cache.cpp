// Release 9.9.9 of the cache, a bad release: its migration throws on the first entry that it sees. The demo
// tries it on the running gateway.
#include "cache_state_3.hpp"

#include <hotswap/component.hpp>
#include <hotswap/contracts/cache.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace faulty {

namespace contracts = hotswap::contracts;

namespace v4 {
struct row {
    std::string value;
    v3::time expires{};
    std::uint64_t price = 0;
};
struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 4};

    v3::config config;
    hotswap::table<std::string, row, hotswap::seeded_hash> entries;
};
}  // namespace v4

v4::state price(v3::state&& old) {
    auto const refuse = [](std::string&& key, v3::row&&) -> std::pair<std::string, v4::row> {
        throw std::runtime_error("the entry \"" + key + "\" has no price; price it before this release");
    };
    return {.config = old.config, .entries = std::move(old.entries).transform_entries(refuse)};
}

class cache final : public contracts::cache {
public:
    using state = v4::state;
    using history = hotswap::history<&price>;

    cache(hotswap::host&, state&) {}

    std::optional<std::string> get(std::string_view) override { return std::nullopt; }
    std::vector<std::optional<std::string>> get(std::span<std::string_view const> keys) override {
        return std::vector<std::optional<std::string>>(keys.size());
    }
    void put(std::string_view, std::string_view, std::chrono::nanoseconds) override {}
    void put(std::span<contracts::cache_entry const>) override {}
    bool erase(std::string_view) override { return false; }
    contracts::cache_lookup lookup(std::string_view) override { return {}; }
    bool fill(std::string_view, std::string_view, contracts::cache_fill const&) override { return false; }
    bool fill_negative(std::string_view, std::chrono::nanoseconds, std::uint64_t) override { return false; }
    bool abandon(std::string_view, std::uint64_t) override { return false; }
    void configure(contracts::cache_settings const&) override {}
    void configure(std::span<contracts::setting const>) override {}
    contracts::cache_settings current_settings() override { return {}; }
    contracts::cache_statistics stats() override { return {}; }
    std::vector<contracts::metric> metrics() override { return {}; }
};

}  // namespace faulty

HOTSWAP_COMPONENT(faulty::cache)
