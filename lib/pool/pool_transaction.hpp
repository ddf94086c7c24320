// A change of a pool's files that ends as a whole, or is undone as a whole, also if the process or the machine ends in its midst: before
// anything is touched, its directory has the intent and a backup of every file, on disk.
#pragma once

#include "pool/file_image.hpp"
#include "pool/manifest.hpp"
#include "pool/pool_book.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>

#include <boost/describe/class.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace hotswap::detail {

struct intent_file {
    std::string destination{};
    file_image before{};
    std::string digest{};  ///< of the content to come
};
BOOST_DESCRIBE_STRUCT(intent_file, (), (destination, before, digest))

struct intent_step {
    std::string kind{};  ///< "line", or that of a check
    std::string text{};
};
BOOST_DESCRIBE_STRUCT(intent_step, (), (kind, text))

/// A component that is swapped.
struct intent_swap {
    std::string component{};
    std::string from{};  ///< the digest of the running module
    std::string to{};    ///< that of the new one
    std::string from_release{};
    std::string to_release{};
    bool allow_loss = false;
};
BOOST_DESCRIBE_STRUCT(intent_swap, (), (component, from, to, from_release, to_release, allow_loss))

/// A component whose settings are changed.
struct intent_settings {
    std::string component{};
    std::map<std::string, std::string, std::less<>> before{};
    std::map<std::string, std::string, std::less<>> after{};
};
BOOST_DESCRIBE_STRUCT(intent_settings, (), (component, before, after))

/// All that is needed to undo a transaction, without its manifest.
struct pool_intent {
    std::uint64_t number = 0;
    std::string pool{};
    std::string schema_version{};
    std::string content{};
    std::string directory{};  ///< of the manifest, in which closures run
    std::vector<intent_step> closure{};
    std::vector<intent_file> files{};
    std::vector<std::string> new_directories{};  ///< that are made for the files, outermost first
    std::vector<intent_swap> swaps{};
    std::vector<intent_settings> configured{};
};
BOOST_DESCRIBE_STRUCT(pool_intent, (),
                      (number, pool, schema_version, content, directory, closure, files, new_directories,
                       swaps, configured))

std::vector<intent_step> steps_of(std::vector<closure_step> const& closure);
std::vector<closure_step> closure_of(std::vector<intent_step> const& steps);

class pool_transaction {
public:
    /// Writes the backups and the intent. Nothing is touched yet.
    /// Errors:   pool_failed: then nothing of it is left.
    static result<pool_transaction> begin(pool_book const& book, pool_intent intent);
    /// Those that a process has left behind, in their order; what had not begun is removed.
    /// Errors:   pool_failed, pool_damaged.
    static result<std::vector<pool_transaction>> left_behind(pool_book const& book);
    /// The one that an inconsistent pool has left; empty: none.
    static result<std::vector<pool_transaction>> of_pool(pool_book const& book, std::string_view id);

    pool_intent const& intent() const noexcept { return intent_; }
    /// Whether destinations may have been touched.
    bool is_touched() const;

    /// Makes the new files, next to where they go. `targets`: the new contents, in the order of the intent's files.
    /// Errors:   pool_failed: call `restore`.
    result<void> stage(std::vector<std::filesystem::path> const& targets);
    /// Gives the new files their names, and says how long that took; waits for no disk.
    /// Errors:   pool_failed: files may be touched, call `restore`.
    result<std::chrono::nanoseconds> rename_all() const;
    /// Returns when the new names are on disk.
    /// Errors:   pool_failed.
    result<void> sync_directories() const;
    /// Brings all files back, also after a failure of one of them. `put_back_in` is called once with the step that gives the old files
    /// their names, and calls it, or does not: then all files stay as they are.
    /// Errors:   pool_failed, with each file that could not be restored; those of `put_back_in`.
    result<void> restore(bool keep_times,
                         std::function<result<void>(before_commit const&)> const& put_back_in);
    /// What `restore` has kept of others' changes, in words; empty: there were none.
    std::string const& kept_of_others() const noexcept { return kept_of_others_; }
    /// Removes all that it has made besides the files. It has ended for good before: by a record, or because nothing was touched.
    /// Errors:   pool_failed.
    result<void> end();

private:
    pool_transaction(std::filesystem::path directory, pool_intent intent)
        : directory_(std::move(directory)), intent_(std::move(intent)) {}
    static result<pool_transaction> read(std::filesystem::path const& directory);
    result<void> write_down() const;
    result<void> make_new_files(std::vector<std::filesystem::path> const& targets) const;
    struct faults {
        bool note(result<void> const& of);
        std::string words{};
    };
    std::vector<std::filesystem::path> stage_old(bool keep_times, faults& into) const;
    bool is_to_go_back(std::size_t i, std::filesystem::path const& temporary, faults& into);
    result<void> put_back(std::size_t i, std::filesystem::path const& temporary) const;
    result<void> check_back(std::size_t i) const;
    result<void> keep_theirs(std::filesystem::path const& destination, std::filesystem::path const& next);
    result<void> remove_temporaries();
    std::filesystem::path backup_of(std::size_t i) const { return directory_ / std::to_string(i); }
    std::filesystem::path temporary_of(std::size_t i, std::string_view what) const;

    std::filesystem::path directory_;
    pool_intent intent_;
    std::string kept_of_others_{};
};

}  // namespace hotswap::detail
