// The file of the tier on disk: who may use it, and whether its content can be trusted.
#include "cache/disk/kept_on_disk.hpp"

#include <hotswap/detail/state/table_seed.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace hotswap::plugins {

namespace {

constexpr char const* suffixes[] = {"", "-wal", "-shm"};

}  // namespace

bool kept_on_disk::is_open(time now) noexcept {
    if (store_) return true;
    if (closed_at_ && !is_due(now, *closed_at_, retry_period)) return false;
    try {
        open();
        no_writes_since_.reset();
        return true;
    } catch (std::exception const& failed) {
        close(now);
        try {
            say(level::warning, std::string("is off (") + failed.what() + "); it is tried again every 10 s");
        } catch (std::bad_alloc const&) {
        }
    }
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
    if (auto const other = owner->other_holder(account_.epoch_now()))
        throw std::runtime_error(
            *other == getpid() ? "another component of this process has it, or a generation that ends soon"
                               : "process " + std::to_string(*other) + " has it");
    open_sound_file();
    auto const* const why = why_discarded(owner->least_frames());
    if (why != nullptr) {
        store_.reset();
        if (!remove_files()) throw std::runtime_error(std::string(why) + ", and it cannot be removed");
        store_ = std::make_unique<disk_store>(path());
    }
    own(*owner);
    owner_ = std::move(owner);
    condition_.clear();
    host_.log(level::info, "cache: the tier on disk, " + path().string() + ", is open with " +
                               std::to_string(rows_) + " entries" +
                               (why == nullptr ? "" : std::string("; others were discarded: ") + why));
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
    auto const mine = account_.epoch_now();
    auto const before = store_->owner();
    if (before.opener == 0) return nullptr;  // it is new
    if (mine == disk_account::missed) return "the cache was changed without them";
    // Nothing waits for the disk: after a power cut rows may be there that had been removed.
    if (!is_of_this_boot(before.process)) return "the machine was restarted";
    if (!least_frames) return "the file .owner next to them is missing";
    if (*least_frames == owner_note::not_trusted) return "a release without a tier on disk has run since";
    if (store_->frames() < *least_frames) return "their last changes were lost";
    if (mine == disk_account::no_epoch)
        return before.process == name_of_this_process() ? "the cache begins anew" : nullptr;
    return before.epoch == mine ? nullptr : "another cache has used the file since";
}

void kept_on_disk::own(owner_file& owner) {
    auto const process = name_of_this_process();
    auto const before = store_->owner();
    auto epoch = account_.epoch_now();
    bool const goes_on = owner_file::is_epoch(epoch) && before.epoch == epoch;
    // Another file gets another epoch: the one that this component had before may be somewhere still.
    if (!goes_on) epoch = owner_file::random_epoch();
    bool const is_counted = goes_on && before.process == process && account_.rows_now() != 0;
    rows_ = is_counted ? account_.rows_now() : store_->count_rows();
    owner.hold(epoch);
    store_->begin();
    store_->own({epoch, table_seed::random().first | 1U, process});
    store_->commit();
    owner.note_frames(store_->checkpoint() ? 0 : store_->frames());
    owner.end_opening();
    if (lstat(path().c_str(), &place_) != 0)
        throw std::system_error(errno, std::generic_category(), "look at " + path().string());
    bytes_ = store_->bytes_used();
    account_.set_rows(rows_);
    account_.set_epoch(epoch);
}

void kept_on_disk::close(time now) noexcept {
    store_.reset();
    owner_.reset();
    in_transaction_ = false;
    rows_ = 0;
    bytes_ = 0;
    account_.set_rows(0);
    closed_at_ = now;
}

bool kept_on_disk::move_aside(std::string const& why) {
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

bool kept_on_disk::remove_files() {
    std::error_code failed;
    for (char const* const suffix : suffixes)
        if (std::filesystem::remove(path(suffix), failed); failed) return false;
    return true;
}

}  // namespace hotswap::plugins
