// Durable state: the current set, the modules and snapshots that it needs, and the journal, in one directory.
//
// Modules and snapshots are written first, under unique names; then the manifest that names them replaces the
// one before, which is kept as manifest.previous. That rename is the commit. At any crash, at least one of
// the two manifests is whole, and with it every file that it names. Numbers decide which is newer, never
// times. docs/store.md describes the content of the directory; directory.hpp, how files are written.
#pragma once

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/failure.hpp>

#include "store/directory.hpp"
#include "store/journal.hpp"
#include "store/manifest.hpp"
#include "store/manifest_pair.hpp"
#include "store/seal.hpp"
#include "store/store_lock.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

struct store_options {
    std::filesystem::path directory{};
    std::vector<std::byte> key{};  ///< 32 bytes: all but modules carry a MAC; empty: a checksum
};

/// The content of a store that was read.
struct stored_set {
    manifest current{};                    ///< empty if nothing was ever committed
    std::optional<manifest> previous{};    ///< the set before, if there is a whole one
    std::vector<std::string> notes{};      ///< damaged or old files, and their replacements: for events
    std::vector<journal_entry> journal{};  ///< the unfinished ones were interrupted
};

/// Written data is durable when the function returns, all of it or nothing: after a refusal the store is
/// unchanged.
/// Errors:   of all functions that write: store_full, store_read_only, store_failed. They may throw
///           std::bad_alloc, with the same guarantee.
/// Threads:  [any]
class store {
public:
    /// Opens the store, makes it if it does not exist, and locks it during this object's lifetime.
    /// Effects:  removes the files that an earlier process did not finish writing.
    /// Errors:   store_locked, untrusted_path, invalid_argument for a key of another length.
    static result<std::unique_ptr<store>> open(store_options options);

    std::filesystem::path const& path() const noexcept { return top_.path(); }

    /// The last committed set. If the newest manifest is damaged, or an old one was put in its place, the
    /// result is the set before, with a note; `commit` continues from the set that was read.
    /// Errors:   store_damaged: none of them is whole; store_read_only, store_failed.
    result<stored_set> read();

    /// Keeps a module's file under the digest of its content, and its signature, if it has one, next to it;
    /// returns the digest. Compares an existing file with the content.
    result<std::string> keep_module(std::span<std::byte const> content,
                                    std::span<std::byte const> signature = {});
    /// Keeps a module whose file is already there and whole, as `keep_module` does with its content; false:
    /// it is not there.
    result<bool> keep_known(std::string const& digest, std::span<std::byte const> signature = {});
    /// The file of a kept module.
    /// Errors:   store_damaged: the file is missing, or has other content.
    result<std::filesystem::path> module(std::string const& digest) const;
    /// The signature that was kept with a module; empty if there is none.
    /// Errors:   store_damaged, store_failed.
    result<std::string> signature(std::string const& digest) const;
    /// Replaces the signature of a kept module.
    result<void> keep_signature(std::string const& digest, std::string_view text);

    /// Writes a frame, given in pieces, of schema version `version`. A set names the result in
    /// `stored_component::snapshot`.
    result<stored_snapshot> write_snapshot(std::string_view component, std::uint32_t version,
                                           std::initializer_list<std::span<std::byte const>> frame);
    /// The frame of a component's snapshot.
    /// Errors:   store_damaged: missing, cut, altered, an older one, or another component's (the entry of the
    ///           previous set may have a good one); no_store: the entry has none.
    result<std::vector<std::byte>> read_snapshot(stored_component const& of) const;

    /// Records that this process has the state of that component: from now on a set may replace or drop its
    /// entry.
    /// Errors:   throws std::bad_alloc.
    void vouch_for(std::string_view component);
    /// Records that this process has no state of the current set, as when the store was opened.
    void vouch_for_none() noexcept;
    /// Also keeps the modules and snapshots of an entry in the folder "aside", which no sweep touches.
    result<void> set_aside(stored_component const& of);

    /// A copy of the current set, as of the last read or commit.
    manifest current();

    /// Calls `edit` on a copy of the current set, commits the result under the next number, and returns it.
    /// Errors:   invalid_argument: the set cannot be stored, names a new file that is not in the store, or
    ///           replaces or drops an entry for which this process does not vouch, unless that component was
    ///           unloaded; store_damaged: there is no whole set from which to continue.
    result<manifest> commit(std::function<void(manifest&)> const& edit);

    /// Records that an operation is about to begin; returns its number. Its modules stay until the operation
    /// has ended.
    /// Errors:   store_damaged, as for `commit`.
    result<std::uint64_t> note_intent(intent const& what);
    /// Records how the operation ended, in a word or a sentence. If that cannot be written, the next record
    /// writes it again.
    result<void> note_outcome(std::uint64_t id, std::string outcome);

    /// Removes modules and snapshots that neither of the two sets nor an unfinished operation needs. A file
    /// that is written and in no set yet stays until a commit has named it, successful or not, or until
    /// `give_up`.
    void sweep() noexcept;
    /// Declares that no set will name this snapshot.
    /// Effects:  removes it, unless a set may still name it.
    void give_up(stored_snapshot const& snapshot) noexcept;

private:
    class claim;
    store(directory top, directory modules, directory snapshots, store_lock lock, sealer seals);
    result<void> begin() HOTSWAP_UNCHECKED_LOCKING;  // before another thread knows the store
    failure nothing_whole() const;
    std::string missing_for(manifest const& next) const HOTSWAP_REQUIRES(mutex_);
    std::string lost_by(manifest const& next) const HOTSWAP_REQUIRES(mutex_);
    std::set<std::string, std::less<>> vouched_with(manifest const& next) const HOTSWAP_REQUIRES(mutex_);
    void settle(manifest const& next) HOTSWAP_REQUIRES(mutex_);
    void sweep_locked() HOTSWAP_REQUIRES(mutex_);
    std::set<std::string> names_in_use(manifest_pair const& pair) const HOTSWAP_REQUIRES(mutex_);

    directory top_;
    directory modules_;
    directory snapshots_;
    store_lock lock_;
    sealer seals_;

    mutex mutex_;
    manifest current_ HOTSWAP_GUARDED_BY(mutex_);
    // The components whose entries may be replaced.
    std::set<std::string, std::less<>> vouched_ HOTSWAP_GUARDED_BY(mutex_);
    bool damaged_ HOTSWAP_GUARDED_BY(mutex_) = false;             // neither manifest was whole
    bool doubtful_ HOTSWAP_GUARDED_BY(mutex_) = false;            // it is not known which manifest is durable
    std::uint64_t last_number_ HOTSWAP_GUARDED_BY(mutex_) = 0;    // of manifests
    std::uint64_t last_sequence_ HOTSWAP_GUARDED_BY(mutex_) = 0;  // of snapshots
    journal journal_ HOTSWAP_GUARDED_BY(mutex_);
    std::string journal_damage_ HOTSWAP_GUARDED_BY(mutex_);
    std::multiset<std::string> uncommitted_ HOTSWAP_GUARDED_BY(mutex_);  // digests and snapshots' files
};

/// A snapshot that no set names yet; removed with its owner.
class uncommitted_snapshot {
public:
    uncommitted_snapshot(store& in, stored_snapshot written) noexcept
        : in_(&in), written_(std::move(written)) {}
    uncommitted_snapshot(uncommitted_snapshot&& other) noexcept
        : in_(std::exchange(other.in_, nullptr)), written_(std::move(other.written_)) {}
    uncommitted_snapshot& operator=(uncommitted_snapshot&&) = delete;
    ~uncommitted_snapshot() {
        if (in_ != nullptr) in_->give_up(written_);
    }

    stored_snapshot const& operator*() const noexcept { return written_; }
    /// Records that a set now names the snapshot.
    void keep() noexcept { in_ = nullptr; }

private:
    store* in_;
    stored_snapshot written_;
};

}  // namespace hotswap::detail
