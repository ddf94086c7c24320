// The database of the tier on disk: its schema, its statements, its transactions.
#pragma once

#include "cache/disk/entry.hpp"
#include "cache/disk/sqlite.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace hotswap::plugins {

/// Who has written a database last.
struct disk_owner {
    std::uint64_t epoch = 0;   ///< of the component's state
    std::uint64_t opener = 0;  ///< of this opening: random
    std::string process{};     ///< as of `name_of_this_process`
};

/// An open database.
/// Errors:   sqlite_failure of every member that is not noexcept; `is_damage` if the file is no such database.
/// Threads:  one at a time
class disk_store {
public:
    /// Opens `file`, or creates it for its user only.
    explicit disk_store(std::filesystem::path const& file);

    disk_owner owner();
    /// In a transaction. From then on `is_mine` knows of others.
    void own(disk_owner const& by);
    /// Whether no other connection has become owner; right within a transaction or after a read.
    bool is_mine();

    void begin() { run_->begin.run().next(); }
    void commit() { run_->commit.run().next(); }
    void roll_back() noexcept;

    /// A value that is found to be damaged is `nullopt` with `damaged` set.
    struct found {
        std::int64_t id = 0;
        bool damaged = false;
        disk_value content{};
    };
    std::optional<found> find(std::string_view key);
    /// When the removed value expires; nothing if there is none.
    std::optional<time> remove(std::string_view key);
    void remove(std::int64_t id);
    /// Whether it replaced another value of that key.
    bool write(disk_entry const& entry);
    /// Removes up to `rows` whose time is over, or the oldest ones; returns how many.
    std::uint64_t remove_over(time now, std::uint64_t rows);
    std::uint64_t remove_oldest(std::uint64_t rows);

    std::uint64_t count_rows();
    /// Bytes of pages in use.
    std::uint64_t bytes_used();
    /// Gives up to `pages` unused pages back to the file system, if there are many.
    void give_back(std::uint64_t pages);

    /// The frames of the log after the last commit.
    std::uint64_t frames() const noexcept { return frames_; }
    /// Copies the log into the database; false if some of it remains. Without `fsync`, as everything here.
    bool checkpoint();

private:
    void check_schema();
    void create_schema();
    std::int64_t number(char const* query);
    std::uint32_t data_version() noexcept;
    void insert(disk_entry const& entry);
    static std::filesystem::path const& prepared(std::filesystem::path const& file);
    static std::uint64_t checksum(std::string_view key, disk_value const& content, std::string_view value);

    struct statements {
        explicit statements(sqlite3* in);
        sqlite_statement begin, commit, owner, own, find, remove, remove_id, write, over, oldest, pages,
            unused;
    };

    sqlite_database database_;
    std::uint64_t page_size_ = 0;
    std::uint64_t frames_ = 0;
    std::uint32_t version_ = 0;
    std::uint64_t opener_ = 0;
    std::optional<statements> run_;
};

}  // namespace hotswap::plugins
