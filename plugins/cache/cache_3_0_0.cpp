// Release 3.0.0 of the cache: stale values while one caller loads, one load for many callers, remembered absences.
#include "cache/cache_core.hpp"
#include "cache/migrations/0_1.hpp"
#include "cache/migrations/1_2.hpp"
#include "cache/migrations/2_3.hpp"

#include <hotswap/component.hpp>

namespace hotswap::plugins {

using contracts::cache_lookup;

struct rules_3_0_0 : fewest_hits_for_their_age {
    using state = cache_states::v3::state;
    using row = cache_states::v3::row;

    static constexpr std::string_view release = "3.0.0";

    static bool is_fresh(row const& entry, time now) { return entry.expires > now && !entry.negative; }
    static bool is_over(row const& entry, time now) {
        return entry.expires <= now && entry.stale_until <= now;
    }
    static bool is_negative(row const& entry) { return entry.negative; }
    static std::uint64_t max_entries(state& of) { return now_of(of.config.max_entries); }
    static std::uint64_t byte_budget(state& of) { return now_of(of.config.byte_budget); }

    static contracts::cache_state state_of(row const& entry, time now) {
        using contracts::cache_state;
        if (entry.expires > now) return entry.negative ? cache_state::negative : cache_state::fresh;
        return entry.stale_until > now && !entry.negative ? cache_state::stale : cache_state::missing;
    }
};

class cache_3_0_0 final : public cache_core<rules_3_0_0> {
public:
    using state = cache_states::v3::state;
    using history =
        hotswap::history<&cache_states::upgrade_0_1, hotswap::lossy<&cache_states::downgrade_1_0>,
                         &cache_states::upgrade_1_2, hotswap::lossy<&cache_states::downgrade_2_1>,
                         &cache_states::upgrade_2_3, hotswap::lossy<&cache_states::downgrade_3_2>>;

    static void validate(state const& given) { check_settings(shown(given.config)); }

    cache_3_0_0(hotswap::host& host, state& live) : cache_core(host, live) {}

    bool erase(std::string_view key) override {
        check_key(key);
        // The lease first: a `fill` that finds it stores before this returns from here, and is then removed.
        end_lease(key);
        return entries_.remove(key, host_.now());
    }

    cache_lookup lookup(std::string_view key) override {
        check_key(key);
        time const now = host_.now();
        auto found = look(key, now);
        if (!is_settled(found)) {
            found.lease = take_lease(key, now);
            if (found.lease == 0) {
                entries_.add([](auto& of) -> auto& { return of.coalesced; });
            } else if (auto again = look(key, now); is_settled(again)) {
                // Another caller has loaded it between the look and the lease.
                abandon(key, found.lease);
                found = std::move(again);
            }
        }
        count(found.state);
        return found;
    }

    bool fill(std::string_view key, std::string_view value, contracts::cache_fill const& how) override {
        check_entry(key, value);
        time const now = host_.now();
        auto const stale_for = how.stale_for.value_or(now_of(state_.config.default_stale_for));
        check_duration("stale_for", stale_for, std::chrono::nanoseconds{0}, longest_ttl);
        auto const ttl = checked_ttl(how.ttl, default_ttl());
        return store_for(key, how.lease, row_of(value, now + ttl, now + ttl + stale_for), now);
    }

    bool fill_negative(std::string_view key, std::chrono::nanoseconds ttl, std::uint64_t lease) override {
        check_key(key);
        time const now = host_.now();
        auto const expires = now + checked_ttl(ttl, now_of(state_.config.negative_ttl));
        auto absent = row_of({}, expires, expires);
        absent.negative = true;
        return store_for(key, lease, std::move(absent), now);
    }

    bool abandon(std::string_view key, std::uint64_t lease) override {
        check_key(key);
        time const now = host_.now();
        bool held = false;
        state_.leases.erase_if(key, [&](auto const& entry) {
            if (entry.second.number != lease) return false;
            held = entry.second.until > now;
            uncount(entry);
            return true;
        });
        return held;
    }

private:
    static constexpr std::size_t lease_sample = 16;

    static row row_of(std::string_view value, time expires, time stale_until) {
        row made;
        made.value = std::string(value);
        made.expires = expires;
        made.stale_until = stale_until;
        return made;
    }
    static bool is_settled(cache_lookup const& found) {
        return found.state == contracts::cache_state::fresh ||
               found.state == contracts::cache_state::negative;
    }

    std::optional<std::string> get_at(std::string_view key, time now) override {
        std::optional<std::string> found;
        auto state = contracts::cache_state::missing;
        state_.entries.cvisit(key, [&](auto const& entry) {
            state = rules_3_0_0::state_of(entry.second, now);
            if (state == contracts::cache_state::fresh) found.emplace(entries_.use(entry.second).value);
        });
        count(state == contracts::cache_state::stale ? contracts::cache_state::missing : state);
        return found;
    }
    void put_at(std::string_view key, std::string_view value, std::chrono::nanoseconds ttl,
                time now) override {
        end_lease(key);
        entries_.store(key, row_of(value, now + ttl, now + ttl + now_of(state_.config.default_stale_for)),
                       now);
    }
    void keep_up(time now) override {
        cache_core::keep_up(now);
        lease_upkeep_.run(host_, now_of(state_.leased.rows), now_of(state_.config.lease_time),
                          [&](table_cursor& from, std::size_t rows) {
                              state_.leases.csweep(from, rows, [&](auto const& entry) {
                                  if (entry.second.until > now) return false;
                                  uncount(entry);
                                  return true;
                              });
                          });
    }

    cache_lookup look(std::string_view key, time now) {
        cache_lookup found;
        state_.entries.cvisit(key, [&](auto const& entry) {
            found.state = rules_3_0_0::state_of(entry.second, now);
            if (found.state != contracts::cache_state::missing)
                found.value = entries_.use(entry.second).value;
        });
        return found;
    }
    void count(contracts::cache_state given) {
        switch (given) {
            case contracts::cache_state::fresh:
                return entries_.add([](auto& of) -> auto& { return of.hits; });
            case contracts::cache_state::stale:
                return entries_.add([](auto& of) -> auto& { return of.stale_hits; });
            case contracts::cache_state::negative:
                return entries_.add([](auto& of) -> auto& { return of.negative_hits; });
            case contracts::cache_state::missing:
                return entries_.add([](auto& of) -> auto& { return of.misses; });
        }
    }

    // ------------------------------------------------------------------------------------------------ leases

    static amount amount_of(auto const& lease) { return {1, heap_of(lease.first.size())}; }
    void uncount(auto const& lease) { take_from(state_.leased, amount_of(lease)); }

    /// A lease of `key`, or 0 if another caller has one.
    std::uint64_t take_lease(std::string_view key, time now) {
        if (now_of(state_.leased.rows) >= contracts::most_cache_leases) drop_a_lease();
        auto const number = std::atomic_ref(state_.leases_given).fetch_add(1, std::memory_order_relaxed) + 1;
        cache_states::v3::lease const mine{number, now + now_of(state_.config.lease_time)};
        std::uint64_t taken = number;
        bool const is_new = state_.leases.try_emplace_or_visit(key, mine, [&](auto& entry) {
            if (entry.second.until > now)
                taken = 0;
            else
                entry.second = mine;
        });
        if (is_new) add_to(state_.leased, {1, heap_of(key.size())});
        return taken;
    }
    void end_lease(std::string_view key) {
        if (now_of(state_.leased.rows) == 0) return;
        state_.leases.erase_if(key, [&](auto const& entry) {
            uncount(entry);
            return true;
        });
    }
    /// Takes the oldest lease of a sample away: its `fill` stores nothing.
    void drop_a_lease() {
        victim oldest;
        lease_hands_.sample(state_.leases, lease_sample, [&](table_cursor const& after, auto const& entry) {
            oldest.offer(static_cast<double>(entry.second.number), after);
            return false;
        });
        if (!oldest) return;
        state_.leases.csweep(oldest.at, 1, [&](auto const& entry) {
            uncount(entry);
            return true;
        });
    }
    /// Stores a row by a lease, under the lock of the lease, so that `erase` comes before or after both.
    bool store_for(std::string_view key, std::uint64_t lease, row&& loaded, time now) {
        if (lease == 0) {
            end_lease(key);
            entries_.store(key, std::move(loaded), now);
            return true;
        }
        return state_.leases.erase_if(key, [&](auto const& entry) {
            if (entry.second.number != lease || entry.second.until <= now) return false;
            entries_.store(key, std::move(loaded), now);
            uncount(entry);
            return true;
        }) != 0;
    }

    hands lease_hands_;
    upkeep lease_upkeep_;
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::cache_3_0_0)
