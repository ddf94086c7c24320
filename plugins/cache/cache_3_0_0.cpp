// Release 3.0.0 of the cache: stale values while one caller loads, one load for many callers, remembered absences, and a
// second tier on disk.
#include "cache/cache_core.hpp"
#include "cache/disk/tier.hpp"
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

    cache_3_0_0(hotswap::host& host, state& live)
        : cache_core(host, live), disk_(host, read_disk_settings(host.settings()), account()) {
        // From here on nothing throws.
        if (!disk_.is_on() && !host.rehearsing()) live.disk_epoch = disk_account::missed;
    }

    bool erase(std::string_view key) override {
        check_key(key);
        time const now = host_.now();
        disk_tier::turn turn(disk_, now);
        // The lease first: a `fill` that finds it stores before this returns from here, and is then removed.
        end_lease(key);
        bool const in_memory = entries_.remove(key, now);
        return turn.forget(key) || in_memory;
    }

    cache_lookup lookup(std::string_view key) override {
        check_key(key);
        time const now = host_.now();
        auto found = look(key, now);
        if (found.state == contracts::cache_state::missing && disk_.is_on())
            found = bring_back(key, now, true);
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

    contracts::cache_statistics stats() override {
        auto all = cache_core::stats();
        using counts = cache_states::v3::counts;
        all.disk_entries = now_of(state_.disk_rows);
        all.disk_bytes = disk_.bytes_used();
        all.disk_hits = sum_of(state_.counts, &counts::disk_hits);
        all.disk_writes = sum_of(state_.counts, &counts::disk_writes);
        all.disk_evictions = sum_of(state_.counts, &counts::disk_evictions);
        all.disk_errors = sum_of(state_.counts, &counts::disk_errors);
        return all;
    }
    std::vector<contracts::metric> metrics() override {
        auto all = cache_core::metrics();
        auto const now = stats();
        all.insert(all.end(), {{"hotswap_cache_disk_entries", now.disk_entries},
                               {"hotswap_cache_disk_bytes", now.disk_bytes},
                               {"hotswap_cache_disk_hits_total", now.disk_hits},
                               {"hotswap_cache_disk_writes_total", now.disk_writes},
                               {"hotswap_cache_disk_evictions_total", now.disk_evictions},
                               {"hotswap_cache_disk_errors_total", now.disk_errors}});
        return all;
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
        if (state == contracts::cache_state::missing && disk_.is_on()) {
            auto from_disk = bring_back(key, now, false);
            state = from_disk.state;
            if (state == contracts::cache_state::fresh) found.emplace(std::move(from_disk.value));
        }
        count(state == contracts::cache_state::stale ? contracts::cache_state::missing : state);
        return found;
    }
    void put_at(std::string_view key, std::string_view value, std::chrono::nanoseconds ttl,
                time now) override {
        disk_tier::turn turn(disk_, now);
        end_lease(key);
        entries_.store(key, row_of(value, now + ttl, now + ttl + now_of(state_.config.default_stale_for)),
                       now, to_disk{turn});
        turn.forget(key);
    }
    void keep_up(time now) override {
        keep_entries_up(now);
        disk_.keep_up(host_, now);
        lease_upkeep_.run(host_, now_of(state_.leased.rows), now_of(state_.config.lease_time),
                          [&](table_cursor& from, std::size_t rows) {
                              state_.leases.csweep(from, rows, [&](auto const& entry) {
                                  if (entry.second.until > now) return false;
                                  uncount(entry);
                                  return true;
                              });
                          });
    }

    cache_lookup look(std::string_view key, time now, bool* in_memory = nullptr) {
        cache_lookup found;
        state_.entries.cvisit(key, [&](auto const& entry) {
            if (in_memory != nullptr) *in_memory = true;
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

    // ------------------------------------------------------------------------------------------------ the disk

    disk_account account() {
        return {state_.disk_epoch, state_.disk_rows, [this](disk_event what, std::uint64_t number) {
                    auto& mine = state_.counts[stripe_of_thread()];
                    switch (what) {
                        case disk_event::written:
                            return add_to(mine.disk_writes, number);
                        case disk_event::evicted:
                            return add_to(mine.disk_evictions, number);
                        case disk_event::expired:
                            return add_to(mine.expirations, number);
                        case disk_event::error:
                            return add_to(mine.disk_errors, number);
                    }
                }};
    }
    /// The way of an entry that memory evicts.
    struct to_disk {
        disk_tier::turn& turn;

        void operator()(auto& entry) const noexcept {
            auto& [key, last] = entry;
            if (turn && !last.negative)
                turn.take(key, {std::move(last.value), last.expires, last.stale_until, last.hits});
        }
    };
    /// The value that only the disk has, which memory has from then on. A stale one stays there unless `even_stale`.
    cache_lookup bring_back(std::string_view key, time now, bool even_stale) {
        disk_tier::turn turn(disk_, now);
        bool in_memory = false;
        // Another caller may have stored it, or brought it back, before this turn.
        auto found = look(key, now, &in_memory);
        if (in_memory) return found;
        auto from_disk = turn.find(key);
        if (!from_disk || (from_disk->expires <= now && !even_stale)) return found;
        found.state =
            from_disk->expires > now ? contracts::cache_state::fresh : contracts::cache_state::stale;
        found.value = from_disk->value;
        auto back = row_of({}, from_disk->expires, from_disk->stale_until);
        back.value = std::move(from_disk->value);
        back.hits = rules_3_0_0::one_more(from_disk->hits);
        if (entries_.store(key, std::move(back), now, to_disk{turn})) turn.forget(key);
        entries_.add([](auto& of) -> auto& { return of.disk_hits; });
        return found;
    }
    void keep_entries_up(time now) {
        entries_.sweep(cleanup_interval(), now);
        for (std::size_t left = upkeep::rows_at_once; left != 0 && !host_.draining();
             left -= most_evictions) {
            disk_tier::turn turn(disk_, now);
            if (!entries_.evict_excess(now, to_disk{turn})) break;
        }
        entries_.forget_ghosts();
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
        disk_tier::turn turn(disk_, now);
        bool stored = lease == 0;
        if (lease == 0) {
            end_lease(key);
            entries_.store(key, std::move(loaded), now, to_disk{turn});
        } else {
            stored = state_.leases.erase_if(key, [&](auto const& entry) {
                if (entry.second.number != lease || entry.second.until <= now) return false;
                entries_.store(key, std::move(loaded), now, to_disk{turn});
                uncount(entry);
                return true;
            }) != 0;
        }
        if (stored) turn.forget(key);
        return stored;
    }

    hands lease_hands_;
    upkeep lease_upkeep_;
    disk_tier disk_;
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::cache_3_0_0)
