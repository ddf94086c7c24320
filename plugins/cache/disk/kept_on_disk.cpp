#include "cache/disk/kept_on_disk.hpp"

#include <sys/stat.h>

#include <exception>
#include <utility>

namespace hotswap::plugins {

namespace {

// A row in its b-trees, besides key and value.
constexpr std::uint64_t row_overhead = 100;

}  // namespace

kept_on_disk::kept_on_disk(hotswap::host& host, disk_settings settings, disk_account account)
    : host_(host), settings_(std::move(settings)), account_(std::move(account)) {}

void kept_on_disk::abandon() noexcept {
    static_cast<void>(store_.release());
    static_cast<void>(owner_.release());
}

// ------------------------------------------------------------------------------------------------ entries

std::optional<disk_value> kept_on_disk::find(std::string_view key, time now) noexcept {
    std::optional<disk_store::found> here;
    attempt(now, false, [&] {
        here = store_->find(key);
        expect_mine();
    });
    if (!store_ || !here) return std::nullopt;
    if (!here->damaged && here->content.stale_until > now) return std::move(here->content);
    if (here->damaged) count(disk_event::error, 1);
    attempt(now, false, [&] {
        begin();
        store_->remove(here->id);
        drop_rows(1);
        if (!here->damaged) ++changed_.expired;
    });
    return std::nullopt;
}

bool kept_on_disk::forget(std::string_view key, time now) noexcept {
    std::optional<time> expires;
    attempt(now, true, [&] {
        begin();
        expires = store_->remove(key);
        if (!expires) return;
        drop_rows(1);
        removed_ = key;
    });
    return expires && *expires > now;
}

void kept_on_disk::keep(std::span<disk_entry const> leaving, time now) noexcept {
    if (leaving.empty() || !store_) return;
    bool const may_write = !no_writes_since_ || is_due(now, *no_writes_since_, write_pause);
    std::size_t done = 0;
    bool const kept = may_write && attempt(now, false, [&] {
                          begin();
                          if (!make_room(leaving)) return;
                          for (auto const& each : leaving) {
                              if (each.key.size() + each.content.value.size() > settings_.budget / 4) {
                                  ++changed_.evicted;
                                  continue;
                              }
                              if (!store_->write(each)) ++rows_;
                              ++changed_.written;
                              ++done;
                          }
                      });
    if (!kept) count(disk_event::error, leaving.size() - done);
}

bool kept_on_disk::make_room(std::span<disk_entry const> leaving) {
    std::uint64_t more = 0;
    for (auto const& each : leaving) more += each.key.size() + each.content.value.size() + row_overhead;
    if (!is_over_budget(more)) return true;
    auto const removed = store_->remove_oldest(2 * leaving.size() + 16);
    drop_rows(removed);
    changed_.evicted += removed;
    if (!is_over_budget(more)) return true;
    changed_.evicted += leaving.size();  // the timer removes more of the oldest
    return false;
}

bool kept_on_disk::clean(time now, std::uint64_t rows) noexcept {
    bool more = false;
    attempt(now, false, [&] {
        begin();
        auto const over = store_->remove_over(now, rows);
        auto const oldest = is_over_budget() ? store_->remove_oldest(rows) : 0;
        drop_rows(over + oldest);
        changed_.expired += over;
        changed_.evicted += oldest;
        more = over == rows || oldest == rows;
    });
    return more;
}

void kept_on_disk::look_after(time now) noexcept {
    if (looked_after_ && !is_due(now, *looked_after_, retry_period)) return;
    looked_after_ = now;
    attempt(now, false, [&] {
        struct stat is {};
        if (lstat(path().c_str(), &is) != 0 || is.st_ino != place_.st_ino || is.st_dev != place_.st_dev) {
            give_up(now);
            closed_at_.reset();
            return say(level::warning, "was removed or replaced while it was in use; another one is begun");
        }
        begin();
        store_->give_back(256);
    });
}

bool kept_on_disk::is_over_budget(std::uint64_t more) {
    bytes_ = store_->bytes_used();
    return bytes_ + more > settings_.budget;
}

// ------------------------------------------------------------------------------------------------ transactions

void kept_on_disk::expect_mine() {
    if (!store_->is_mine()) throw lost{};
}

void kept_on_disk::begin() {
    if (in_transaction_) return;
    store_->begin();
    in_transaction_ = true;
    rows_before_ = rows_;
    changed_ = {};
    removed_.reset();
    expect_mine();
}

void kept_on_disk::finish(time now) noexcept {
    if (!in_transaction_) return;
    auto const removed = std::exchange(removed_, std::nullopt);
    bool const has_written = changed_.written != 0;
    if (commit(now, removed && !has_written)) return tidy_up(now);
    // Without the entries that were written with it, the removal may succeed.
    if (!removed || !has_written || !store_) return;
    bool const is_removed = attempt(now, true, [&] {
        begin();
        if (store_->remove(*removed)) drop_rows(1);
    });
    if (is_removed && commit(now, true)) tidy_up(now);
}

bool kept_on_disk::commit(time now, bool is_removal) noexcept {
    return attempt(now, is_removal, [&] {
        store_->commit();
        in_transaction_ = false;
        account_.set_rows(rows_);
        count(disk_event::written, changed_.written);
        count(disk_event::evicted, changed_.evicted);
        count(disk_event::expired, changed_.expired);
        if (changed_.written != 0 && no_writes_since_) {
            no_writes_since_.reset();
            say(level::info, {});
        }
        changed_ = {};
    });
}

void kept_on_disk::tidy_up(time now) noexcept {
    attempt(now, false, [&] {
        bool const copied = store_->frames() >= frames_at_checkpoint && store_->checkpoint();
        owner_->note_frames(copied ? 0 : store_->frames());
    });
}

void kept_on_disk::abandon_transaction() noexcept {
    if (!in_transaction_) return;
    in_transaction_ = false;
    removed_.reset();
    if (store_) store_->roll_back();
    rows_ = rows_before_;
    count(disk_event::error, changed_.written);
    changed_ = {};
}

// ------------------------------------------------------------------------------------------------ failures

template <class Work>
bool kept_on_disk::attempt(time now, bool is_removal, Work work) noexcept {
    if (!store_) return false;
    try {
        try {
            work();
            return true;
        } catch (lost const&) {
            give_up(now);
            say(level::warning,
                "was opened by another component, loaded from the same snapshot: each needs its own "
                "disk_file");
        } catch (sqlite_failure const& failed) {
            if (failed.is_damage())
                on_damage(now, failed.what());
            else
                on_failure(now, failed.what(), is_removal);
        } catch (std::exception const& failed) {
            on_failure(now, failed.what(), is_removal);
        }
    } catch (std::exception const&) {
        give_up(now);  // there is no memory for the handling of the failure
    }
    return false;
}

void kept_on_disk::give_up(time now) noexcept {
    abandon_transaction();
    close(now);
    miss_a_change();
}

void kept_on_disk::on_damage(time now, std::string const& why) {
    give_up(now);
    count(disk_event::error, 1);
    move_aside(why);
}

void kept_on_disk::on_failure(time now, std::string const& why, bool is_removal) {
    if (is_removal || removed_) return discard(now, why);
    abandon_transaction();
    no_writes_since_ = now;
    say(level::warning,
        "fails (" + why + "): entries that memory has no room for are dropped until it works again");
}

void kept_on_disk::discard(time now, std::string const& why) {
    give_up(now);
    if (remove_files())
        say(level::warning,
            "could not remove an entry (" + why + "), so all of it was discarded; it is tried again later");
    else
        say(level::error, "could not remove an entry (" + why +
                              "), nor its file, which now has old values: remove it before the next start");
}

void kept_on_disk::miss_a_change() noexcept { account_.set_epoch(disk_account::missed); }

void kept_on_disk::say(level severity, std::string text) {
    if (text == condition_) return;
    bool const is_well = text.empty();
    condition_ = std::move(text);
    host_.log(severity,
              "cache: the tier on disk, " + path().string() + ", " + (is_well ? "works again" : condition_));
}

void kept_on_disk::count(disk_event what, std::uint64_t number) const noexcept {
    if (number != 0) account_.count(what, number);
}

}  // namespace hotswap::plugins
