// A release of the cache that keeps another state, and misbehaves in its migration, validation or
// constructor.
#include "cache/states/v2.hpp"
#include "rehearsal/fixtures/deeds.hpp"

#include <hotswap/component.hpp>
#include <hotswap/contracts/cache.hpp>

#if !defined(CHAOS_MIGRATE)
#define CHAOS_MIGRATE ""
#endif
#if !defined(CHAOS_VALIDATE)
#define CHAOS_VALIDATE ""
#endif
#if !defined(CHAOS_CONSTRUCT)
#define CHAOS_CONSTRUCT ""
#endif

namespace chaos_zoo {

#if defined(CHAOS_UNIQUE)
// An inline variable is unique wherever it is emitted; whether a compiler emits another one depends on its optimizer.
[[gnu::used]] inline int once_per_process = 0;
#endif

namespace v2 = hotswap::cache_states::v2;
namespace contracts = hotswap::contracts;

namespace v3 {
struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 3};

    v2::config config;
    decltype(v2::state::entries) entries;
    std::uint64_t more = 0;
};
}  // namespace v3

v3::state upgrade(v2::state&& old) {
    hotswap_test::do_deed(CHAOS_MIGRATE);
    return {.config = old.config, .entries = std::move(old.entries)};
}

class cache final : public contracts::cache {
public:
    using state = v3::state;
    using history = hotswap::history<&upgrade>;

    static void validate(state const&) { hotswap_test::do_deed(CHAOS_VALIDATE); }

    cache(hotswap::host&, state&) { hotswap_test::do_deed(CHAOS_CONSTRUCT); }

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

}  // namespace chaos_zoo

HOTSWAP_COMPONENT(chaos_zoo::cache)
