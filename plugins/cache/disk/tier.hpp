// The second tier of a cache: entries that memory has no room for, on disk.
#pragma once

#include "cache/disk/kept_on_disk.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/sdk/host.hpp>

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::plugins {

/// Entries on disk, if the host's settings name a directory. A change is made in a `turn`, which holds the tier's mutex: the
/// cache changes its memory within it too, so that memory and disk agree for all callers.
/// Effects:  the constructor and a rehearsal touch no file, nor does a forked child.
/// Threads:  [any]
class disk_tier {
public:
    class turn;

    disk_tier(hotswap::host& host, disk_settings settings, disk_account account)
        : is_on_(!settings.directory.empty() && !host.rehearsing()),
          process_(getpid()),
          on_disk_(host, std::move(settings), std::move(account)) {}
    ~disk_tier() {
        if (is_on_ && getpid() != process_) on_disk_.abandon();
    }
    disk_tier(disk_tier const&) = delete;
    disk_tier& operator=(disk_tier const&) = delete;

    /// It never changes.
    bool is_on() const noexcept { return is_on_; }
    /// The bytes of the database that are in use; 0 if it is not open.
    std::uint64_t bytes_used() const noexcept { return bytes_.load(std::memory_order_relaxed); }
    /// The timer's part: opens the database, and removes from it what is over or too much, a few rows at a time.
    /// Effects:  ends early, between two turns, when callers should leave.
    void keep_up(hotswap::host const& host, time now);

private:
    bool const is_on_;
    pid_t const process_;
    std::atomic<std::uint64_t> bytes_{0};
    detail::mutex mutex_;
    kept_on_disk on_disk_ HOTSWAP_GUARDED_BY(mutex_);
};

/// One call's part: in it memory and disk are changed together. Without a tier it does nothing.
/// Cost:     a mutex, which calls that find their value in memory never need; at most one transaction.
class disk_tier::turn {
public:
    /// Lifetime: the tier, and every key given to `forget`, outlive the turn.
    turn(disk_tier& of, time now) : now_(now) {
        if (!of.is_on_ || getpid() != of.process_) return;
        lock_.emplace(of.mutex_.standard());
        of_ = &of;
        is_open_ = tier().is_open(now);
    }
    ~turn() {
        if (of_ == nullptr) return;
        hand_over();
        tier().finish(now_);
        of_->bytes_.store(tier().bytes_used(), std::memory_order_relaxed);
    }
    turn(turn const&) = delete;
    turn& operator=(turn const&) = delete;

    explicit operator bool() const noexcept { return is_open_; }

    std::optional<disk_value> find(std::string_view key) {
        return is_open_ ? tier().find(key, now_) : std::nullopt;
    }
    /// Removes what the disk has of `key`, after what left memory was written; whether it was fresh.
    bool forget(std::string_view key) {
        if (of_ == nullptr) return false;
        if (!is_open_) return tier().miss_a_change(), false;
        hand_over();
        return tier().forget(key, now_);
    }
    /// An entry leaves memory. It is written later, because this is called under the lock of a shard. Without memory for the
    /// key the entry is gone.
    void take(std::string_view key, disk_value&& content) noexcept {
        if (!is_open_) return;
        try {
            leaving_.push_back({std::string(key), std::move(content)});
        } catch (std::bad_alloc const&) {
        }
    }
    bool clean(std::uint64_t rows) { return is_open_ && tier().clean(now_, rows); }
    void look_after() {
        if (is_open_) tier().look_after(now_);
    }

private:
    // The turn holds the mutex as long as it lives, which the compiler cannot follow through an optional lock.
    kept_on_disk& tier() noexcept HOTSWAP_UNCHECKED_LOCKING { return of_->on_disk_; }
    void hand_over() noexcept {
        tier().keep(leaving_, now_);
        leaving_.clear();
    }

    time const now_;
    std::optional<std::unique_lock<std::mutex>> lock_;
    disk_tier* of_ = nullptr;
    bool is_open_ = false;
    std::vector<disk_entry> leaving_;
};

inline void disk_tier::keep_up(hotswap::host const& host, time now) {
    constexpr std::uint64_t rows_in_a_turn = 64;
    constexpr int turns = 32;
    if (!is_on_) return;
    bool more = true;
    for (int i = 0; more && i != turns && !host.draining(); ++i) {
        turn mine(*this, now);
        more = mine.clean(rows_in_a_turn);
        if (!more) mine.look_after();
    }
}

}  // namespace hotswap::plugins
