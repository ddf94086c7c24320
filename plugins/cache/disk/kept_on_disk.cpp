#include "cache/disk/kept_on_disk.hpp"

#include <hotswap/detail/state/table_seed.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace hotswap::plugins {

namespace {

constexpr char const* suffixes[] = {"", "-wal", "-shm"};

// A row in its b-trees, besides key and value.
constexpr std::uint64_t row_overhead = 100;

void store_number(std::uint64_t& into, std::uint64_t number) noexcept {
    std::atomic_ref(into).store(number, std::memory_order_relaxed);
}

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
        --rows_;
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
        --rows_;
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
    rows_ -= std::min(rows_, removed);
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
        rows_ -= std::min(rows_, over + oldest);
        changed_.expired += over;
        changed_.evicted += oldest;
        more = over == rows || oldest == rows;
    });
    return more;
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
        if (store_->remove(*removed)) --rows_;
    });
    if (is_removed && commit(now, true)) tidy_up(now);
}

bool kept_on_disk::commit(time now, bool is_removal) noexcept {
    return attempt(now, is_removal, [&] {
        store_->commit();
        in_transaction_ = false;
        store_number(account_.rows, rows_);
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
        work();
        return true;
    } catch (lost const&) {
        abandon_transaction();
        close(now);
        miss_a_change();
        say(level::warning, "was opened by another component, loaded from the same snapshot: each needs its own disk_file");
    } catch (sqlite_failure const& failed) {
        if (failed.is_damage())
            on_damage(now, failed.what());
        else
            on_failure(now, failed.what(), is_removal);
    } catch (std::exception const& failed) {
        on_failure(now, failed.what(), is_removal);
    }
    return false;
}

void kept_on_disk::on_damage(time now, std::string const& why) noexcept {
    abandon_transaction();
    count(disk_event::error, 1);
    close(now);
    if (!move_aside(why)) miss_a_change();
}

void kept_on_disk::on_failure(time now, std::string const& why, bool is_removal) noexcept {
    bool const had_removed = removed_.has_value();
    abandon_transaction();
    if (is_removal || had_removed) return discard(now, why);
    no_writes_since_ = now;
    say(level::warning, "fails (" + why + "): entries that memory has no room for are dropped until it works again");
}

void kept_on_disk::discard(time now, std::string const& why) noexcept {
    close(now);
    miss_a_change();
    if (remove_files())
        say(level::warning, "could not remove an entry (" + why + "), so all of it was discarded; it is tried again later");
    else
        say(level::error, "could not remove an entry (" + why + "), nor its file, which now has old values: remove it before "
                                                                "the next start");
}

void kept_on_disk::miss_a_change() noexcept { store_number(account_.epoch, disk_account::missed); }

void kept_on_disk::say(level severity, std::string text) noexcept {
    if (text == condition_) return;
    bool const is_well = text.empty();
    condition_ = std::move(text);
    host_.log(severity, "cache: the tier on disk, " + path().string() + ", " + (is_well ? "works again" : condition_));
}

void kept_on_disk::count(disk_event what, std::uint64_t number) const noexcept {
    if (number != 0) account_.count(what, number);
}

// ------------------------------------------------------------------------------------------------ the file

bool kept_on_disk::is_open(time now) noexcept {
    if (store_) return true;
    if (closed_at_ && !is_due(now, *closed_at_, retry_period)) return false;
    closed_at_ = now;
    try {
        open();
        no_writes_since_.reset();
        return true;
    } catch (std::exception const& failed) {
        say(level::warning, std::string("is off (") + failed.what() + "); it is tried again every 10 s");
    }
    close(now);
    return false;
}

void kept_on_disk::open() {
    auto const& directory = settings_.directory;
    if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        throw std::system_error(errno, std::generic_category(), "create " + directory.string());
    struct stat is {};
    if (lstat(path().c_str(), &is) == 0 && !S_ISREG(is.st_mode))
        throw std::runtime_error("it is no regular file");
    auto owner = std::make_unique<owner_file>(path(".owner"));
    auto const mine = std::atomic_ref(account_.epoch).load(std::memory_order_relaxed);
    if (auto const other = owner->other_holder(mine))
        throw std::runtime_error(*other == getpid() ? "another component of this process has it, or a generation that ends soon"
                                                    : "process " + std::to_string(*other) + " has it");
    open_sound_file();
    auto const* const why = why_discarded(owner->least_frames());
    if (why != nullptr) {
        store_.reset();
        if (!remove_files()) throw std::runtime_error(std::string(why) + ", and it cannot be removed");
        store_ = std::make_unique<disk_store>(path());
    }
    auto const before = store_->owner();
    bool const was_mine = before.process == name_of_this_process() && before.epoch == mine;
    own(*owner, was_mine ? std::atomic_ref(account_.rows).load(std::memory_order_relaxed) : store_->count_rows());
    owner_ = std::move(owner);
    condition_.clear();
    host_.log(level::info, "cache: the tier on disk, " + path().string() + ", is open with " + std::to_string(rows_) +
                               " entries" + (why == nullptr ? "" : std::string("; others were discarded: ") + why));
}

// A file that is no sound database is moved away, and another one begun.
void kept_on_disk::open_sound_file() {
    try {
        store_ = std::make_unique<disk_store>(path());
        return;
    } catch (sqlite_failure const& failed) {
        if (!failed.is_damage()) throw;
        count(disk_event::error, 1);
        if (!move_aside(failed.what())) throw;
    }
    store_ = std::make_unique<disk_store>(path());
}

char const* kept_on_disk::why_discarded(std::optional<std::uint64_t> least_frames) {
    auto const mine = std::atomic_ref(account_.epoch).load(std::memory_order_relaxed);
    auto const before = store_->owner();
    if (before.opener == 0) return nullptr;  // it is new
    if (mine == disk_account::missed) return "the cache was changed without them";
    if (!least_frames) return "the file .owner next to them is missing";
    if (store_->frames() < *least_frames) return "their last changes were lost";
    if (mine == disk_account::no_epoch)
        return before.process == name_of_this_process() ? "the cache begins anew" : nullptr;
    return before.epoch == mine ? nullptr : "another cache has used the file since";
}

void kept_on_disk::own(owner_file& owner, std::uint64_t rows) {
    auto epoch = std::atomic_ref(account_.epoch).load(std::memory_order_relaxed);
    if (!owner_file::is_epoch(epoch)) epoch = owner_file::random_epoch();
    owner.hold(epoch);
    store_->begin();
    store_->own({epoch, table_seed::random().first | 1U, name_of_this_process()});
    store_->commit();
    owner.note_frames(store_->checkpoint() ? 0 : store_->frames());
    owner.end_opening();
    if (lstat(path().c_str(), &place_) != 0)
        throw std::system_error(errno, std::generic_category(), "look at " + path().string());
    rows_ = rows;
    bytes_ = store_->bytes_used();
    store_number(account_.rows, rows_);
    store_number(account_.epoch, epoch);
}

void kept_on_disk::close(time now) noexcept {
    store_.reset();
    owner_.reset();
    in_transaction_ = false;
    rows_ = 0;
    bytes_ = 0;
    store_number(account_.rows, 0);
    closed_at_ = now;
}

bool kept_on_disk::move_aside(std::string const& why) noexcept {
    std::error_code failed;
    for (char const* const suffix : suffixes) {
        auto const to = settings_.directory / (settings_.file + ".damaged" + suffix);
        std::filesystem::remove(to, failed);
        std::filesystem::rename(path(suffix), to, failed);
        if (failed && failed != std::errc::no_such_file_or_directory) {
            say(level::error, "is damaged (" + why + ") and cannot be moved: " + failed.message());
            return false;
        }
    }
    say(level::warning, "is damaged (" + why + "); it was moved to " + path(".damaged").string() +
                            ", and an empty one takes its place");
    return true;
}

bool kept_on_disk::remove_files() noexcept {
    std::error_code failed;
    for (char const* const suffix : suffixes)
        if (std::filesystem::remove(path(suffix), failed); failed) return false;
    return true;
}

void kept_on_disk::look_after(time now) noexcept {
    if (looked_after_ && !is_due(now, *looked_after_, retry_period)) return;
    looked_after_ = now;
    struct stat is {};
    if (lstat(path().c_str(), &is) != 0 || is.st_ino != place_.st_ino || is.st_dev != place_.st_dev) {
        abandon_transaction();
        close(now);
        closed_at_.reset();
        miss_a_change();
        say(level::warning, "was removed or replaced while it was in use; another one is begun");
        return;
    }
    attempt(now, false, [&] {
        begin();
        store_->give_back(256);
    });
}

}  // namespace hotswap::plugins
