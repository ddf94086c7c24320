// The entries of a cache: rows of a table, kept within bounds by sampling and sweeping them.
#pragma once

#include "cache/accounting.hpp"
#include "cache/eviction.hpp"
#include "shared/clock.hpp"
#include "shared/striped.hpp"
#include "shared/upkeep.hpp"

#include <hotswap/detail/sdk/host.hpp>
#include <hotswap/table.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

namespace hotswap::plugins {

using cache_states::v0::amount;

/// The most entries that one call evicts.
inline constexpr std::size_t most_evictions = 32;

/// For an entry that is evicted: nothing more happens to it.
struct let_go {
    void operator()(auto&) const noexcept {}
};

/// The entries of a state, by `Rules`: which state it is, which entries may be removed, and which go first.
/// Threads:  [any]
/// Lifetime: as long as the host and the state, to which it refers; it keeps nothing about single entries.
template <class Rules>
class kept_entries {
public:
    using state = typename Rules::state;
    using row = typename decltype(state::entries)::mapped_type;

    static constexpr bool has_counts = requires(state & s) { s.counts; };
    static constexpr bool has_clock = requires(state & s) { s.clock; };
    static constexpr bool has_ghosts = requires(state & s) { s.ghosts; };
    static constexpr bool has_leases = requires(state & s) { s.leases; };

    kept_entries(hotswap::host& host, state& live) : host_(host), state_(live) {
        if constexpr (has_ghosts) {
            if ((state_.salt.first | state_.salt.second) != 0) return;
            auto const random = table_seed::random();
            state_.salt = {random.first, random.second};
        }
    }

    /// Marks a row as used. The row is visited under its shard's lock, which one thread holds at a time, so this write is
    /// no race. A copy of the table that is made before a pause may miss the mark, which does no harm.
    row const& use(row const& entry) {
        if constexpr (has_clock) Rules::use(const_cast<row&>(entry), now_of(state_.clock));
        return entry;
    }

    /// Stores a row whose value and times are set; false if it has no room: then the old row is gone too.
    /// Effects:  evicts up to `most_evictions` others. If that is not enough, the entry is stored nevertheless if all
    ///           others fit, or if what was evicted is as large: the budget is exceeded by one value at most, and
    ///           a budget that was set too low for what is there is never exceeded more. `leave(entry)`, which must not
    ///           throw, is called for each evicted entry, under its shard's lock, and may take its value.
    template <class Leave = let_go>
    bool store(std::string_view key, row&& fresh, time now, Leave const& leave = {}) {
        amount const whole{1, heap_of(key.size()) + heap_of(fresh.value.size())};
        amount more = whole;
        state_.entries.cvisit(key, [&](auto const& entry) {
            auto const size = heap_of(fresh.value.size());
            more = {0, size - std::min(size, heap_of(entry.second.value.size()))};
        });
        if (cost_of(whole) > Rules::byte_budget(state_) || !make_room(more, now, leave)) {
            remove(key, now);
            return false;
        }
        reservation const until_counted{state_.held, more};
        if constexpr (has_clock)
            fresh.used = std::atomic_ref(state_.clock).fetch_add(1, std::memory_order_relaxed) + 1;
        if constexpr (has_ghosts) recall(key, fresh);
        bool const is_negative = Rules::is_negative(fresh);
        bool const is_new = state_.entries.try_emplace_or_visit(key, std::move(fresh), [&](auto& entry) {
            uncount(entry);
            count(whole, is_negative);
            if constexpr (has_ghosts) fresh.hits = Rules::one_more(entry.second.hits);
            entry.second = std::move(fresh);
        });
        if (is_new) count(whole, is_negative);
        return true;
    }

    /// Removes the row of `key`; returns whether its value was fresh.
    bool remove(std::string_view key, time now) {
        bool fresh = false;
        state_.entries.erase_if(key, [&](auto const& entry) {
            fresh = Rules::is_fresh(entry.second, now);
            uncount(entry);
            return true;
        });
        return fresh;
    }

    /// The timer's part: removes rows whose time is over, one round in each `interval`, and evicts what settings no longer
    /// allow.
    /// Threads:  one at a time
    void keep_up(std::chrono::nanoseconds interval, time now) {
        sweep(interval, now);
        for (std::size_t left = upkeep::rows_at_once; left != 0 && !host_.draining(); left -= most_evictions)
            if (!evict_excess(now)) break;
        forget_ghosts();
    }

    /// The parts of `keep_up`, for a release that does more between them.
    void sweep(std::chrono::nanoseconds interval, time now) {
        upkeep_.run(host_, now_of(state_.held.rows), interval, [&](table_cursor& from, std::size_t rows) {
            state_.entries.csweep(from, rows, [&](auto const& entry) { return expire(entry, now) != 0; });
        });
    }
    /// Evicts up to `most_evictions`; whether there may be more to evict.
    template <class Leave = let_go>
    bool evict_excess(time now, Leave const& leave = {}) {
        for (std::size_t i = 0; i != most_evictions; ++i)
            if (!is_over() || evict(now, leave) == 0) return false;
        return is_over();
    }
    void forget_ghosts() {
        if constexpr (has_ghosts)
            for (std::size_t i = 0; i != upkeep::rows_at_once && !host_.draining() && forget_a_ghost(); ++i) {
            }
    }

    /// The memory in use by rows, keys, values, remembered keys and leases.
    std::uint64_t bytes_used() {
        std::uint64_t all = cost_of({now_of(state_.held.rows), now_of(state_.held.heap)});
        if constexpr (has_ghosts) all += now_of(state_.ghosts_held) * row_share<decltype(state::ghosts)>;
        if constexpr (has_leases)
            all +=
                now_of(state_.leased.rows) * row_share<decltype(state::leases)> + now_of(state_.leased.heap);
        return all;
    }

    /// Adds to one of the calling thread's counts, if the state has counts: `add([](auto& of) -> auto& { return of.hits; })`.
    template <class Which>
    void add(Which which) noexcept {
        if constexpr (has_counts) add_to(which(state_.counts[stripe_of_thread()]));
    }

private:
    static constexpr std::size_t ghost_sample = 8;

    /// Room that `make_room` has reserved: given back when the row itself has been counted, or could not be stored.
    struct reservation {
        amount& held;
        amount more;
        ~reservation() { take_from(held, more); }
    };

    static std::uint64_t cost_of(amount const& what) noexcept {
        return what.rows * row_share<decltype(state::entries)> + what.heap;
    }
    static amount amount_of(auto const& entry) noexcept {
        return {1, heap_of(entry.first.size()) + heap_of(entry.second.value.size())};
    }
    void count(amount const& what, bool is_negative) noexcept {
        add_to(state_.held, what);
        if constexpr (has_leases)
            if (is_negative) add_to(state_.negative, what);
    }
    /// Counts an entry out; returns the bytes that it used.
    std::uint64_t uncount(auto const& entry) noexcept {
        auto const what = amount_of(entry);
        take_from(state_.held, what);
        if constexpr (has_leases)
            if (entry.second.negative) take_from(state_.negative, what);
        return cost_of(what);
    }
    /// Counts an entry out if its time is over; returns the bytes that it used, or 0.
    std::uint64_t expire(auto const& entry, time now) noexcept {
        if (!Rules::is_over(entry.second, now)) return 0;
        add([](auto& of) -> auto& { return of.expirations; });
        return uncount(entry);
    }

    bool is_over() {
        return now_of(state_.held.rows) > Rules::max_entries(state_) ||
               bytes_used() > Rules::byte_budget(state_);
    }
    /// Reserves `more` and evicts what then is too much; false, with nothing reserved, if that frees too little.
    template <class Leave>
    bool make_room(amount const& more, time now, Leave const& leave) {
        add_to(state_.held, more);
        std::uint64_t freed = 0;
        for (std::size_t i = 0; i != most_evictions && is_over(); ++i) freed += evict(now, leave);
        if (!is_over() || (freed != 0 && freed >= cost_of(more))) return true;
        if (now_of(state_.held.rows) <= Rules::max_entries(state_) &&
            bytes_used() - std::min(bytes_used(), cost_of(more)) <= Rules::byte_budget(state_))
            return true;
        take_from(state_.held, more);
        return false;
    }

    /// Evicts one entry, or removes those of a sample whose time is over; returns the bytes that they used.
    template <class Leave>
    std::uint64_t evict(time now, Leave const& leave) {
        auto const held = now_of(state_.held.rows);
        moment at{0, static_cast<double>(held)};
        if constexpr (has_clock) at.clock = now_of(state_.clock);
        victim least;
        std::uint64_t freed = 0;
        hands_.sample(state_.entries, hands::rows_at_once, [&](table_cursor const& after, auto const& entry) {
            auto const bytes = expire(entry, now);
            freed += bytes;
            if (bytes == 0) least.offer(Rules::worth(entry.second, at), after);
            return bytes != 0;
        });
        if (freed != 0 || !least) return freed;
        std::uint64_t hash = 0;
        row last{};
        state_.entries.sweep(least.at, 1, [&](auto& entry) {
            if (Rules::worth(entry.second, at) > least.worth) return false;  // used or replaced meanwhile
            if constexpr (has_ghosts) {
                hash = ghost_of(entry.first);
                last.used = entry.second.used;
                last.hits = entry.second.hits;
            }
            freed = uncount(entry);
            leave(entry);
            return true;
        });
        if (freed == 0) return 0;
        add([](auto& of) -> auto& { return of.evictions; });
        if constexpr (has_ghosts) remember(hash, last);
        return freed;
    }

    // ------------------------------------------------------------------------------------------------ ghosts

    std::uint64_t ghost_of(std::string_view key) const noexcept {
        return seeded_hash{}(key, {state_.salt.first, state_.salt.second});
    }
    /// A key that comes back soon after its eviction has its hits, and one more.
    void recall(std::string_view key, row& fresh) {
        if (now_of(state_.ghosts_held) == 0) return;
        auto const taken = state_.ghosts.erase_if(ghost_of(key), [&](auto const& ghost) {
            fresh.hits = Rules::one_more(ghost.second.hits);
            return true;
        });
        take_from(state_.ghosts_held, taken);
    }
    template <class Of = state, class Ghosts = decltype(Of::ghosts)>
    void remember(std::uint64_t hash, row const& last) {
        if (state_.ghosts.insert_or_assign(hash, typename Ghosts::mapped_type{last.used, last.hits}))
            add_to(state_.ghosts_held);
        for (int i = 0; i != 2 && forget_a_ghost(); ++i) {
        }
    }
    /// Keeps as many ghosts as there are entries: the oldest of a sample goes; false if there are no more.
    bool forget_a_ghost() {
        if (now_of(state_.ghosts_held) <= now_of(state_.held.rows)) return false;
        victim oldest;
        ghost_hands_.sample(state_.ghosts, ghost_sample, [&](table_cursor const& after, auto const& ghost) {
            oldest.offer(static_cast<double>(ghost.second.used), after);
            return false;
        });
        if (!oldest) return false;
        std::uint64_t taken = 0;
        state_.ghosts.csweep(oldest.at, 1, [&](auto const&) { return ++taken != 0; });
        take_from(state_.ghosts_held, taken);
        return taken != 0;
    }

    hotswap::host& host_;
    state& state_;
    hands hands_;
    hands ghost_hands_;  // unused without ghosts
    upkeep upkeep_;
};

}  // namespace hotswap::plugins
