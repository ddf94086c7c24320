// What damages of its files do to the cache's second tier: never a wrong value, and an empty file takes the place.
#include "cache/disk/sqlite.hpp"
#include "plugins/cache_hosts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace hotswap_test;

namespace {

constexpr int filled = 1'000;

std::string bytes_in(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void write(std::filesystem::path const& file, std::string_view bytes) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}
std::string garbage(std::size_t size, std::uint64_t seed = 1) {
    std::mt19937_64 random(seed);
    std::string all(size, '\0');
    std::generate(all.begin(), all.end(), [&random] { return static_cast<char>(random()); });
    return all;
}
void run_sql(std::filesystem::path const& file, char const* statements) {
    if (!std::filesystem::exists(file)) write(file, "");
    hotswap::plugins::sqlite_database database(file);
    // The log stays, as when the cache itself closes the file.
    hotswap::plugins::sqlite().db_config(database.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    database.execute(statements);
}

/// A directory that another process has filled: the keys k0 … k999 have the values "value 0" … "value 999".
void fill(std::filesystem::path const& directory) {
    static scratch_directory const original;
    static std::string const said = run_host(original.path, "fill k " + std::to_string(filled));
    REQUIRE(said == "");
    std::filesystem::copy(original.path, directory, std::filesystem::copy_options::recursive);
    REQUIRE(std::filesystem::file_size(directory / "cache.sqlite") > 20'000);
    REQUIRE(std::filesystem::file_size(directory / "cache.sqlite-wal") > 20'000);
}

/// The number of values of the filled directory that are found, of every seventh; a wrong value fails the test.
int sound(on_disk& values) {
    int found = 0;
    for (int i = 0; i < filled; i += 7) {
        auto const value = values->get("k" + std::to_string(i));
        if (value && *value != "value " + std::to_string(i)) FAIL_CHECK("a wrong value of k" << i);
        found += value ? 1 : 0;
    }
    return found;
}

/// Serves from a damaged directory, and expects no wrong value, no erased one, and a tier that works again.
void serve(std::filesystem::path const& directory) {
    on_disk values(directory);
    sound(values);
    for (int i = 0; i != 5; ++i) values->erase("k" + std::to_string(i));
    // At most two more occasions to find a damage, and each time the tier begins anew ten seconds later.
    for (int i = 0; i != 2; ++i) {
        values.clock.step(10s);
        values.put_many("new", 100);
        sound(values);
    }
    values.clock.step(10s);
    values.put_many("new", 100);
    CHECK(values.found("new", 100) == 100);
    for (int i = 0; i != 5; ++i) CHECK_FALSE(values->get("k" + std::to_string(i)));
}

struct damage {
    std::string what;
    std::function<void(std::filesystem::path const&)> apply;  // to the file cache.sqlite
    bool is_moved;                                            // and not only discarded
};

std::vector<damage> all_damages() {
    using path = std::filesystem::path;
    auto const next_to = [](path const& file, char const* suffix) { return path(file.string() + suffix); };
    std::vector<damage> all{
        {"garbage", [](path const& file) { write(file, garbage(100'000)); }, true},
        {"a text", [](path const& file) { write(file, "this is no database, and no cache\n"); }, true},
        {"nothing", [](path const& file) { write(file, ""); }, false},
        {"a later version", [](path const& file) { run_sql(file, "PRAGMA user_version = 2"); }, true},
        {"another table", [](path const& file) { run_sql(file, "CREATE TABLE more (number INTEGER)"); },
         true},
        {"no row of the owner", [](path const& file) { run_sql(file, "DELETE FROM owner"); }, true},
        {"another program's database",
         [](path const& file) {
             std::filesystem::remove_all(file.parent_path());
             std::filesystem::create_directory(file.parent_path());
             run_sql(file, "CREATE TABLE person (name TEXT); INSERT INTO person VALUES ('Ada')");
         },
         true},
        {"no log", [=](path const& file) { std::filesystem::remove(next_to(file, "-wal")); }, false},
        {"a log of garbage", [=](path const& file) { write(next_to(file, "-wal"), garbage(50'000)); }, false},
        {"an index of garbage", [=](path const& file) { write(next_to(file, "-shm"), garbage(32'768)); },
         false},
        {"no owner", [=](path const& file) { std::filesystem::remove(next_to(file, ".owner")); }, false},
        {"an empty owner", [=](path const& file) { write(next_to(file, ".owner"), ""); }, false},
        {"an owner of garbage", [=](path const& file) { write(next_to(file, ".owner"), garbage(500)); },
         false}};
    auto const cut = [&all](std::string const& what, std::uint64_t numerator, std::uint64_t minus,
                            path const& of, bool is_moved) {
        all.push_back({what,
                       [=](path const& file) {
                           path const which(file.string() + of.string());
                           auto const size = std::filesystem::file_size(which);
                           std::filesystem::resize_file(
                               which, numerator == 0 ? minus : size * numerator / 4 - minus);
                       },
                       is_moved});
    };
    for (std::uint64_t const size : {1, 99, 100, 1'000, 4'095, 4'096, 4'097, 8'192})
        cut("a file of " + std::to_string(size) + " bytes", 0, size, "", false);
    for (std::uint64_t const quarters : {1, 2, 3}) cut("a part of the file", quarters, 0, "", false);
    cut("a file without its last byte", 4, 1, "", false);
    for (std::uint64_t const size : {1, 31, 32, 33, 4'152})
        cut("the start of the log", 0, size, "-wal", false);
    for (std::uint64_t const quarters : {1, 2, 3}) cut("a part of the log", quarters, 0, "-wal", false);
    cut("a log without its last byte", 4, 1, "-wal", false);
    return all;
}

}  // namespace

TEST_CASE("cache on disk: a directory that another process has filled is taken over as it is") {
    scratch_directory const at;
    fill(at.path / "copy");
    {
        on_disk values(at.path / "copy");
        // The sixteen entries that were in memory died with it.
        CHECK(sound(values) >= filled / 7 - static_cast<int>(on_disk::rows_in_memory));
        CHECK(values->stats().disk_errors == 0);
    }
    fill(at.path / "another copy");
    serve(at.path / "another copy");
    CHECK_FALSE(std::filesystem::exists(at.path / "another copy/cache.sqlite.damaged"));
}

TEST_CASE("cache on disk: after any damage no wrong value is found, and the tier works again") {
    for (auto const& each : all_damages()) {
        CAPTURE(each.what);
        scratch_directory const at;
        auto const directory = at.path / "copy";
        fill(directory);
        each.apply(directory / "cache.sqlite");
        auto const before = bytes_in(directory / "cache.sqlite");
        serve(directory);
        if (!each.is_moved) continue;
        CHECK(bytes_in(directory / "cache.sqlite.damaged") == before);
    }
}

TEST_CASE(
    "cache on disk: bytes that change anywhere in its files are no wrong value, and the tier works again") {
    std::mt19937_64 random(20'240'607);
    for (int run = 0; run != 60; ++run) {
        CAPTURE(run);
        scratch_directory const at;
        auto const directory = at.path / "copy";
        fill(directory);
        auto const suffix = run % 3 == 2 ? "-wal" : run % 20 == 19 ? ".owner" : "";
        auto const file = directory / (std::string("cache.sqlite") + suffix);
        auto bytes = bytes_in(file);
        auto const changes = 1 + random() % 40;
        // Every second run hits the first page, on which everything depends.
        auto const within = run % 2 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 4'096);
        for (std::uint64_t i = 0; i != changes; ++i) {
            auto& byte = bytes[random() % within];
            byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << random() % 8));
        }
        write(file, bytes);
        serve(directory);
    }
}

TEST_CASE("cache on disk: a value, a time or a key that was changed in the file is a miss, and is counted") {
    for (std::string const change :
         {"UPDATE entry SET value = x'00' || value", "UPDATE entry SET expires = expires + 1",
          "UPDATE entry SET hits = hits + 256",
          "UPDATE entry SET key = key || 'x'; UPDATE entry SET key = CAST('k' || id AS BLOB)"}) {
        CAPTURE(change);
        scratch_directory const at;
        auto const directory = at.path / "copy";
        fill(directory);
        run_sql(directory / "cache.sqlite", change.c_str());
        on_disk values(directory);
        CHECK(sound(values) == 0);
        CHECK(values->stats().disk_errors > 100);
        values.put_many("new", 100);
        CHECK(values.found("new", 100) == 100);
    }
}

TEST_CASE(
    "cache on disk: a file that is overwritten while it is used is moved away, and found no later than by "
    "the next generation") {
    for (std::uint64_t const from : {0, 4'096, 20'000}) {
        CAPTURE(from);
        scratch_directory const at;
        on_disk values(at.path);
        disk_lines const lines(values.runtime);
        values.put_many("k", 3'000);
        std::fstream file(at.file(), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(from));
        file << garbage(std::filesystem::file_size(at.file()) - from) << std::flush;
        // SQLite has pages in its memory, which the next generation has not.
        values.found("k", 100);
        values.swap("3.0.0", {.even_if_unchanged = true});
        values.found("k", 3'000);
        values.put_many("more", 100);
        values.clock.step(10s);
        values.put_many("new", 100);
        CHECK(values.found("new", 100) == 100);
        CHECK_MESSAGE(lines.have("is damaged"), lines.text());
        CHECK(std::filesystem::exists(at.file(".damaged")));
    }
}

TEST_CASE(
    "cache on disk: files that are removed while they are used are begun anew, and an erased entry stays "
    "erased") {
    scratch_directory const at;
    on_disk values(at.path);
    disk_lines const lines(values.runtime);
    values.put_many("k", 100);
    for (auto const* const suffix : {"", "-wal", "-shm"}) std::filesystem::remove(at.file(suffix));
    values.clock.step(10s);
    while (!lines.have("was removed")) std::this_thread::yield();
    CHECK(values.found("k", 100) <= static_cast<int>(on_disk::rows_in_memory));
    values.put_many("new", 100);
    CHECK(values.found("new", 100) == 100);
    CHECK(std::filesystem::exists(at.file()));
}
