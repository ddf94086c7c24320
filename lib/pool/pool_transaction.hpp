// A change of a pool's files that ends as a whole, or is undone as a whole, also if the process or the machine ends in its midst: before
// anything is touched, its directory has the intent and a backup of every file, on disk.
#pragma once

#include "pool/file_image.hpp"
#include "pool/manifest.hpp"
#include "pool/pool_book.hpp"

#include <hotswap/failure.hpp>

#include <boost/describe/class.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
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
};
BOOST_DESCRIBE_STRUCT(pool_intent, (),
                      (number, pool, schema_version, content, directory, closure, files, new_directories))

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

    /// Makes the new files, then gives them their names. `targets`: the new contents, in the order of the intent's files.
    /// Errors:   pool_failed: files may be touched, call `restore`.
    result<std::chrono::nanoseconds> apply(std::vector<std::filesystem::path> const& targets);
    /// Brings all files back, also after a failure of one of them.
    /// Errors:   pool_failed, with each file that could not be restored.
    result<void> restore(bool keep_times);
    /// Removes all that it has made besides the files. It has ended for good before: by a record, or because nothing was touched.
    /// Errors:   pool_failed.
    result<void> end();

private:
    pool_transaction(std::filesystem::path directory, pool_intent intent)
        : directory_(std::move(directory)), intent_(std::move(intent)) {}
    static result<pool_transaction> read(std::filesystem::path const& directory);
    result<void> write_down() const;
    result<void> stage_all(std::vector<std::filesystem::path> const& targets);
    struct faults {
        bool note(result<void> const& of);
        std::string words{};
    };
    std::vector<std::filesystem::path> stage_old(bool keep_times, faults& into) const;
    result<void> put_back(std::size_t i, std::filesystem::path const& temporary) const;
    result<void> remove_temporaries();
    result<void> sync_directories() const;
    std::filesystem::path backup_of(std::size_t i) const { return directory_ / std::to_string(i); }
    std::filesystem::path temporary_of(std::size_t i, std::string_view what) const;

    std::filesystem::path directory_;
    pool_intent intent_;
};

}  // namespace hotswap::detail
