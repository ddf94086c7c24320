// What a state directory knows of its pools: how each ended last, and what was applied.
#pragma once

#include "module/file_io.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/pool.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// A file as a pool has left it.
struct applied_file {
    std::string destination{};
    std::string digest{};
    std::string schema_version{};  ///< of the manifest that had it
};
BOOST_DESCRIBE_STRUCT(applied_file, (), (destination, digest, schema_version))

struct pool_record {
    std::string id{};
    pool_outcome outcome = pool_outcome::unchanged;
    std::string reason{};
    std::string schema_version{};
    std::string content{};  ///< the digest of all that the pool consisted of when it was tried last
    std::int64_t when_ns = 0;
    std::uint64_t transaction = 0;  ///< the last one that has ended
    std::vector<applied_file> files{};
    std::vector<std::string> components{};  ///< of a host, that it has changed
};
BOOST_DESCRIBE_STRUCT(pool_record, (),
                      (id, outcome, reason, schema_version, content, when_ns, transaction, files, components))

struct pool_records {
    std::uint64_t last_transaction = 0;
    std::vector<pool_record> pools{};
};
BOOST_DESCRIBE_STRUCT(pool_records, (), (last_transaction, pools))

/// The records in a state directory, which stays locked for as long as this lives.
class pool_book {
public:
    /// Opens the state directory, and makes it (0700) if it is not there; waits while another process has it.
    /// Errors:   pool_failed; pool_refused: other users can write in it; pool_damaged: the records cannot be read, and stay as they are;
    ///           aborted: a stop was requested while another process had it.
    static result<pool_book> open(std::filesystem::path const& directory, std::stop_token const& stop = {});

    /// The records as they are now, also while another process has the directory.
    /// Errors:   pool_failed, pool_damaged.
    static result<std::vector<pool_record>> read(std::filesystem::path const& directory);

    std::filesystem::path const& directory() const noexcept { return directory_; }
    std::filesystem::path transactions() const { return directory_ / "transactions"; }
    std::vector<pool_record> const& all() const noexcept { return records_.pools; }

    /// Null if the pool was never tried.
    pool_record const* find(std::string_view id) const;
    /// The number of the next transaction, which no other one gets.
    /// Errors:   pool_failed.
    result<std::uint64_t> next_transaction();
    /// Puts the record in place of the pool's last one; on disk when this returns.
    /// Errors:   pool_failed.
    result<void> put(pool_record record);

private:
    pool_book(std::filesystem::path directory, file_descriptor lock)
        : directory_(std::move(directory)), lock_(std::move(lock)) {}
    result<void> save(pool_records const& next);

    std::filesystem::path directory_;
    file_descriptor lock_;
    pool_records records_{};
};

}  // namespace hotswap::detail
