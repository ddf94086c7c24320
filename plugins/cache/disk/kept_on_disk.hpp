// The database of the tier on disk in use: opened when it is needed, given up when it cannot be trusted.
#pragma once

#include "cache/disk/entry.hpp"
#include "cache/disk/owner_file.hpp"
#include "cache/disk/settings.hpp"
#include "cache/disk/store.hpp"

#include <hotswap/detail/sdk/host.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hotswap::plugins {

/// What the tier counts.
enum class disk_event : std::uint8_t {
    written,  ///< an entry came from memory
    evicted,  ///< one was removed, or not taken, to stay within the budget
    expired,  ///< one was removed because its time was over
    error,    ///< one was damaged, or could not be written
};

/// The part of a cache's state that belongs to the tier.
struct disk_account {
    static constexpr std::uint64_t no_epoch = 0;  ///< the state has had no tier yet
    static constexpr std::uint64_t missed =
        1;  ///< changes were made without the tier: what is on disk is old

    std::uint64_t& epoch;  ///< as of `owner_file`, or one of these two; other threads read it
    std::uint64_t& rows;   ///< on disk; other threads read it
    std::function<void(disk_event, std::uint64_t)> count;

    std::uint64_t epoch_now() const noexcept {
        return std::atomic_ref(epoch).load(std::memory_order_relaxed);
    }
    void set_epoch(std::uint64_t to) const noexcept {
        std::atomic_ref(epoch).store(to, std::memory_order_relaxed);
    }
    std::uint64_t rows_now() const noexcept { return std::atomic_ref(rows).load(std::memory_order_relaxed); }
    void set_rows(std::uint64_t to) const noexcept {
        std::atomic_ref(rows).store(to, std::memory_order_relaxed);
    }
};

/// Entries in a database. Nothing is thrown: what cannot be read is a miss, what cannot be written is gone. A removal that
/// fails closes the database, and its content is discarded: no call finds a value that was replaced or erased.
/// Threads:  one at a time
class kept_on_disk {
public:
    kept_on_disk(hotswap::host& host, disk_settings settings, disk_account account);

    /// Whether the database is open. Effects: opens it, at most once in ten seconds.
    bool is_open(time now) noexcept;
    /// Notes that a change was made while the database was not open.
    void miss_a_change() noexcept;
    /// The value of `key` unless its time is over.
    std::optional<disk_value> find(std::string_view key, time now) noexcept;
    /// Removes the value of `key`; whether it was fresh. `key` lives until `finish`.
    bool forget(std::string_view key, time now) noexcept;
    /// Takes what leaves memory; removes the oldest entries for it, but only a few more than it takes.
    void keep(std::span<disk_entry const> leaving, time now) noexcept;
    /// Commits what was changed since the last call.
    void finish(time now) noexcept;

    /// Removes up to `rows` whose time is over, and as many that the budget has no room for; whether there may be more.
    bool clean(time now, std::uint64_t rows) noexcept;
    /// Gives unused pages back, and closes a database whose file was removed or replaced.
    void look_after(time now) noexcept;

    std::uint64_t bytes_used() const noexcept { return bytes_; }
    /// For a forked child, which must not use the parent's connection, not even to close it.
    void abandon() noexcept;

private:
    /// Another connection has become the owner.
    struct lost {};
    struct tally {
        std::uint64_t written = 0;
        std::uint64_t evicted = 0;
        std::uint64_t expired = 0;
    };

    static constexpr std::chrono::nanoseconds retry_period = std::chrono::seconds{10};
    static constexpr std::chrono::nanoseconds write_pause = std::chrono::seconds{1};
    static constexpr std::uint64_t frames_at_checkpoint = 1000;

    std::filesystem::path path(char const* suffix = "") const {
        return settings_.directory / (settings_.file + suffix);
    }
    bool is_over_budget(std::uint64_t more = 0);
    void drop_rows(std::uint64_t number) noexcept { rows_ -= std::min(rows_, number); }
    void expect_mine();
    void begin();
    bool make_room(std::span<disk_entry const> leaving);
    bool commit(time now, bool is_removal) noexcept;
    void tidy_up(time now) noexcept;
    void abandon_transaction() noexcept;

    void open();
    void open_sound_file();
    char const* why_discarded(std::optional<std::uint64_t> least_frames);
    void own(owner_file& owner);
    void close(time now) noexcept;
    bool move_aside(std::string const& why);
    bool remove_files();

    template <class Work>
    bool attempt(time now, bool is_removal, Work work) noexcept;
    void give_up(time now) noexcept;
    void on_damage(time now, std::string const& why);
    void on_failure(time now, std::string const& why, bool is_removal);
    void discard(time now, std::string const& why);
    void say(level severity, std::string text);
    void count(disk_event what, std::uint64_t number) const noexcept;

    hotswap::host& host_;
    disk_settings const settings_;
    disk_account const account_;

    std::unique_ptr<owner_file> owner_;
    std::unique_ptr<disk_store> store_;
    struct stat place_ {};
    std::uint64_t rows_ = 0;
    std::uint64_t bytes_ = 0;
    std::optional<time> closed_at_;  // the last attempt to open it, or its end
    std::optional<time> looked_after_;
    std::optional<time> no_writes_since_;  // the last write that failed
    std::string condition_;                // as it was last logged; empty: well

    bool in_transaction_ = false;
    std::uint64_t rows_before_ = 0;
    tally changed_;
    std::optional<std::string_view> removed_;
};

}  // namespace hotswap::plugins
