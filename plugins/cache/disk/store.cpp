#include "cache/disk/store.hpp"

#include <hotswap/detail/state/table_seed.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace hotswap::plugins {

namespace {

constexpr std::int64_t schema_version = 1;
// The times come before the value, so that they are read without it.
constexpr char const* schema[] = {
    ("CREATE TABLE entry (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, expires INTEGER NOT NULL, "
     "stale_until INTEGER NOT NULL, hits INTEGER NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL)"),
    "CREATE INDEX entry_by_end ON entry (stale_until)",
    "CREATE TABLE owner (epoch INTEGER NOT NULL, opener INTEGER NOT NULL, process BLOB NOT NULL)"};

// No fsync: when the process dies nothing is lost, and after a restart of the machine the content is discarded.
// Removed values are overwritten where it costs no write of its own, so that a damaged pointer does not find them.
constexpr char const* how_to_work =
    "PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
    "PRAGMA secure_delete = FAST; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192";

constexpr int patience_ms = 100;  // for an operator's own look into the file

std::int64_t count_of(time at) noexcept { return at.time_since_epoch().count(); }
time time_of(std::int64_t count) noexcept { return time(std::chrono::nanoseconds(count)); }

int keep_frames(void* frames, sqlite3*, char const*, int now) noexcept {
    *static_cast<std::uint64_t*>(frames) = static_cast<std::uint64_t>(now);
    return SQLITE_OK;
}

}  // namespace

disk_store::statements::statements(sqlite3* in)
    : begin(in, "BEGIN IMMEDIATE"),
      commit(in, "COMMIT"),
      owner(in, "SELECT epoch, opener, process FROM owner"),
      own(in, "UPDATE owner SET epoch = ?, opener = ?, process = ?"),
      find(in, "SELECT id, expires, stale_until, hits, checksum, value FROM entry WHERE key = ?"),
      remove(in, "DELETE FROM entry WHERE key = ? RETURNING expires"),
      remove_id(in, "DELETE FROM entry WHERE id = ?"),
      write(in,
            "INSERT INTO entry (key, expires, stale_until, hits, checksum, value) VALUES (?, ?, ?, ?, ?, ?)"),
      over(in,
           "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE stale_until <= ? ORDER BY stale_until "
           "LIMIT ?)"),
      oldest(in, "DELETE FROM entry WHERE id IN (SELECT id FROM entry ORDER BY id LIMIT ?)"),
      pages(in, "PRAGMA page_count"),
      unused(in, "PRAGMA freelist_count") {}

std::filesystem::path const& disk_store::prepared(std::filesystem::path const& file) {
    // Never opened when it is there: closing a descriptor gives up the locks that SQLite holds in this process.
    int const made = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0)
        close(made);
    else if (errno != EEXIST)
        throw std::system_error(errno, std::generic_category(), "create " + file.string());
    return file;
}

disk_store::disk_store(std::filesystem::path const& file) : database_(prepared(file)) {
    sqlite3* const in = database_.get();
    // Closing is then cheap, and the log of a file that was moved away meanwhile is never removed by its old name.
    sqlite().db_config(in, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite().db_config(in, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite().busy_timeout(in, patience_ms);
    sqlite().wal_hook(in, keep_frames, &frames_);
    database_.execute(how_to_work);
    if (sqlite().db_readonly(in, "main") == 1)
        throw sqlite_failure(SQLITE_READONLY, "it may be read, and not written");
    if (number("PRAGMA user_version") == 0 && number("SELECT count(*) FROM sqlite_schema") == 0)
        create_schema();
    else
        check_schema();
    database_.execute("PRAGMA journal_mode = WAL");
    run_.emplace(in);
    page_size_ = static_cast<std::uint64_t>(number("PRAGMA page_size"));
    checkpoint();
}

void disk_store::create_schema() {
    database_.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
    for (char const* const each : schema) database_.execute(each);
    database_.execute("INSERT INTO owner VALUES (0, 0, x''); PRAGMA user_version = 1; COMMIT");
}

void disk_store::check_schema() {
    auto const version = number("PRAGMA user_version");
    if (version != schema_version)
        throw sqlite_failure(SQLITE_CORRUPT, "its schema is version " + std::to_string(version) +
                                                 ", expected " + std::to_string(schema_version));
    std::string expected;
    for (char const* const each : schema) expected.append(each).append(";");
    sqlite_statement query(database_.get(),
                           "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid");
    std::string is;
    for (auto rows = query.run(); rows.next();) is.append(rows.bytes(0)).append(";");
    if (is != expected) throw sqlite_failure(SQLITE_CORRUPT, "its tables are not those of a cache");
    if (number("SELECT count(*) FROM owner") != 1)
        throw sqlite_failure(SQLITE_CORRUPT, "its table of owners has not one row");
}

std::int64_t disk_store::number(char const* query) {
    sqlite_statement statement(database_.get(), query);
    auto row = statement.run();
    return row.next() ? row.number(0) : 0;
}

// ------------------------------------------------------------------------------------------------ ownership

std::uint32_t disk_store::data_version() noexcept {
    unsigned int version = 0;
    sqlite().file_control(database_.get(), "main", SQLITE_FCNTL_DATA_VERSION, &version);
    return version;
}

disk_owner disk_store::owner() {
    auto row = run_->owner.run();
    if (!row.next()) throw sqlite_failure(SQLITE_CORRUPT, "its table of owners is empty");
    return {static_cast<std::uint64_t>(row.number(0)), static_cast<std::uint64_t>(row.number(1)),
            std::string(row.bytes(2))};
}

void disk_store::own(disk_owner const& by) {
    run_->own
        .run(static_cast<std::int64_t>(by.epoch), static_cast<std::int64_t>(by.opener),
             std::string_view(by.process))
        .next();
    opener_ = by.opener;
    version_ = data_version();
}

bool disk_store::is_mine() {
    // Also an error that SQLite has recovered from changes the version, so the owner decides.
    auto const now = data_version();
    if (now == version_) return true;
    if (owner().opener != opener_) return false;
    version_ = now;
    return true;
}

void disk_store::roll_back() noexcept {
    // SQLite rolls some failed transactions back itself.
    if (sqlite().get_autocommit(database_.get()) == 0)
        sqlite().exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool disk_store::checkpoint() {
    int all = 0;
    int copied = 0;
    int const code =
        sqlite().wal_checkpoint_v2(database_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, &all, &copied);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        throw sqlite_failure(code, sqlite().errmsg(database_.get()));
    frames_ = static_cast<std::uint64_t>(std::max(all, 0));
    return code == SQLITE_OK && all == copied;
}

// ------------------------------------------------------------------------------------------------ rows

std::uint64_t disk_store::checksum(std::string_view key, disk_value const& content, std::string_view value) {
    seeded_hash const hash;
    std::uint64_t const of_key = hash(key, {0x9ae16a3b2f90404fU, content.hits});
    std::uint64_t const of_times =
        static_cast<std::uint64_t>(count_of(content.expires)) * 0x9e3779b97f4a7c15U ^
        static_cast<std::uint64_t>(count_of(content.stale_until));
    return hash(value, {of_key, of_times});
}

std::optional<disk_store::found> disk_store::find(std::string_view key) {
    auto row = run_->find.run(key);
    if (!row.next()) return std::nullopt;
    found here;
    here.id = row.number(0);
    here.content = {
        {}, time_of(row.number(1)), time_of(row.number(2)), static_cast<std::uint8_t>(row.number(3))};
    auto const value = row.bytes(5);
    // Of the key that was asked for: also an index that leads to another row is found.
    here.damaged = static_cast<std::uint64_t>(row.number(4)) != checksum(key, here.content, value) ||
                   row.number(3) != here.content.hits;
    if (!here.damaged) here.content.value = std::string(value);
    return here;
}

std::optional<time> disk_store::remove(std::string_view key) {
    auto row = run_->remove.run(key);
    if (!row.next()) return std::nullopt;
    auto const expires = time_of(row.number(0));
    while (row.next()) {
    }
    return expires;
}

void disk_store::remove(std::int64_t id) { run_->remove_id.run(id).next(); }

bool disk_store::write(disk_entry const& entry) {
    try {
        insert(entry);
        return false;
    } catch (sqlite_failure const& failed) {
        if (!failed.is_conflict()) throw;
    }
    // Memory that came back from a snapshot may have the key as well.
    remove(entry.key);
    insert(entry);
    return true;
}

void disk_store::insert(disk_entry const& entry) {
    auto const& is = entry.content;
    run_->write
        .run(std::string_view(entry.key), count_of(is.expires), count_of(is.stale_until),
             std::int64_t{is.hits}, static_cast<std::int64_t>(checksum(entry.key, is, is.value)),
             std::string_view(is.value))
        .next();
}

std::uint64_t disk_store::remove_over(time now, std::uint64_t rows) {
    run_->over.run(count_of(now), static_cast<std::int64_t>(rows)).next();
    return static_cast<std::uint64_t>(sqlite().changes(database_.get()));
}

std::uint64_t disk_store::remove_oldest(std::uint64_t rows) {
    run_->oldest.run(static_cast<std::int64_t>(rows)).next();
    return static_cast<std::uint64_t>(sqlite().changes(database_.get()));
}

std::uint64_t disk_store::count_rows() {
    return static_cast<std::uint64_t>(number("SELECT count(*) FROM entry"));
}

std::uint64_t disk_store::bytes_used() {
    std::int64_t pages = 0;
    if (auto all = run_->pages.run(); all.next()) pages = all.number(0);
    if (auto unused = run_->unused.run(); unused.next()) pages -= unused.number(0);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(pages, 0)) * page_size_;
}

void disk_store::give_back(std::uint64_t pages) {
    std::int64_t all = 0;
    std::int64_t unused = 0;
    if (auto row = run_->pages.run(); row.next()) all = row.number(0);
    if (auto row = run_->unused.run(); row.next()) unused = row.number(0);
    if (unused < 256 || unused < all / 4) return;
    database_.execute(("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")").c_str());
}

}  // namespace hotswap::plugins
