// The cache's second tier on disk: what it keeps, for how long, and for whom.
#include "plugins/cache_on_disk.hpp"

#include <sys/stat.h>

#include <thread>

using namespace hotswap_test;
using hotswap::contracts::cache_state;

namespace {

std::string why_refused(hotswap::settings settings, std::string_view release = "3.0.0") {
    hotswap::runtime runtime({.modules = HOTSWAP_SHIPPED_MODULES, .log_to_stderr = false});
    auto const loaded = runtime.load<hotswap::contracts::cache>(
        "cache", {.module = module_of("cache", release), .settings = std::move(settings)});
    return loaded ? "" : loaded.error().message;
}

}  // namespace

TEST_CASE("cache on disk: far more entries than memory has room for are all found") {
    scratch_directory const at;
    on_disk values(at.path);
    values.put_many("k", 2'000);
    CHECK(values.found("k", 2'000) == 2'000);
    auto const stats = values->stats();
    CHECK(stats.entries == on_disk::rows_in_memory);
    CHECK(stats.disk_entries == 2'000 - on_disk::rows_in_memory);
    CHECK(stats.hits == 2'000);
    CHECK(stats.misses == 0);
    CHECK(stats.disk_hits >= 2'000 - on_disk::rows_in_memory);
    CHECK(stats.disk_writes >= stats.disk_hits);
    CHECK(stats.disk_bytes > 100'000);
    CHECK(stats.disk_errors == 0);
    CHECK_FALSE(values->get("another"));
    CHECK(values->stats().misses == 1);
    std::vector<std::string_view> const keys{"k1", "no", "k1999"};
    auto const found = values->get(keys);
    CHECK(found[0] == on_disk::value_of(1));
    CHECK_FALSE(found[1]);
    CHECK(found[2] == on_disk::value_of(1999));
}

TEST_CASE("cache on disk: without a directory nothing is kept on disk, and no file is made") {
    scratch_directory const at;
    auto const before = std::filesystem::current_path();
    std::filesystem::current_path(at.path);
    {
        values values("3.0.0", {.max_entries = 16});
        values.put_many("k", 200);
        CHECK(values.found("k", 200) == 16);
        CHECK(values->stats().disk_entries == 0);
        CHECK(values->stats().disk_bytes == 0);
        CHECK(values->stats().disk_writes == 0);
    }
    std::filesystem::current_path(before);
    CHECK(std::filesystem::is_empty(at.path));
}

TEST_CASE(
    "cache on disk: an invalid setting refuses the load and is named, and releases before 3 ignore it") {
    auto const names = [](std::string const& setting, std::string const& value) {
        hotswap::settings all{{"disk_directory", "/nowhere"}};
        all[setting] = value;
        auto const why = why_refused(all);
        CHECK_MESSAGE(
            why.find("the setting " + setting + " is \"" + value + "\", expected ") != std::string::npos,
            why);
    };
    names("disk_directory", "relative/path");
    names("disk_directory", "");
    names("disk_file", "");
    names("disk_file", "../cache");
    names("disk_file", ".hidden");
    names("disk_budget", "much");
    names("disk_budget", "-1");
    names("disk_budget", "1048575");
    CHECK(why_refused({{"disk_budget", "2000000"}}).find("disk_budget needs disk_directory") !=
          std::string::npos);
    CHECK(why_refused({{"disk_directory", "relative"}}, "2.0.0") == "");
    CHECK_FALSE(std::filesystem::exists("/nowhere"));
}

TEST_CASE("cache on disk: neither the load nor a rehearsal touches the directory, a first miss makes it") {
    scratch_directory const at;
    auto const directory = at.path / "cache";
    {
        hotswap::runtime runtime({.modules = HOTSWAP_SHIPPED_MODULES, .log_to_stderr = false});
        // Release 2.0.0 is running, with the settings of the tier that it has not.
        auto const handle = runtime.load<hotswap::contracts::cache>(
            "cache", {.module = module_of("cache", "2.0.0"), .settings = on_disk::settings_for(directory)});
        REQUIRE(handle.has_value());
        handle.value()->put("k", "v");
        CHECK(
            runtime
                .plan("cache", {.module = module_of("cache", "3.0.0"), .rehearse = hotswap::rehearse::always})
                .has_value());
        CHECK_FALSE(std::filesystem::exists(directory));
    }
    on_disk values(directory);
    CHECK_FALSE(values->get("k"));
    CHECK(std::filesystem::exists(directory / "cache.sqlite"));
    struct stat is {};
    REQUIRE(stat(directory.c_str(), &is) == 0);
    CHECK((is.st_mode & 0777U) == 0700);
    for (auto const suffix : {"", "-wal", "-shm", ".owner"}) {
        CAPTURE(suffix);
        REQUIRE(stat((directory / "cache.sqlite").string().append(suffix).c_str(), &is) == 0);
        CHECK((is.st_mode & 0777U) == 0600);
    }
}

TEST_CASE(
    "cache on disk: an entry that is erased or replaced does not come back, also when the new one expires") {
    scratch_directory const at;
    on_disk values(at.path);
    values.put_many("k", 100);
    CHECK(values->erase("k3"));
    CHECK_FALSE(values->erase("k3"));
    CHECK_FALSE(values->get("k3"));
    values->put("k4", "new", 10s);
    CHECK(values->get("k4") == "new");
    CHECK(values->fill("k5", "new", {.ttl = 10s}));
    CHECK(values->fill_negative("k6", 10s, 0));
    CHECK_FALSE(values->get("k6"));
    values.clock.step(10s);
    for (auto const key : {"k3", "k4", "k5", "k6"}) {
        CAPTURE(key);
        CHECK_FALSE(values->get(key));
        CHECK(values->lookup(key).state == cache_state::missing);
        CHECK_FALSE(values->erase(key));
    }
    // The same once the new ones have gone to disk themselves.
    values->put("k7", "new", 10s);
    values.put_many("other", 100);
    CHECK(values->get("k7") == "new");
    values.put_many("other", 100);
    values.clock.step(10s);
    CHECK_FALSE(values->get("k7"));
    CHECK(values->get("k8") == on_disk::value_of(8));
}

TEST_CASE(
    "cache on disk: a load by a lease replaces the entry on disk, and one that came too late changes "
    "nothing") {
    scratch_directory const at;
    on_disk values(at.path);
    auto const lease = values->lookup("k0").lease;
    REQUIRE(lease != 0);
    values->put("k0", "current");
    values.put_many("other", 100);
    CHECK_FALSE(values->fill("k0", "late", {.lease = lease}));
    CHECK(values->lookup("k0").value == "current");
    values->configure({.default_stale_for = 1h});
    values->put("stale", "old", 10s);
    values.put_many("other", 100);
    values.clock.step(10s);
    CHECK_FALSE(values->get("stale"));
    auto const stale = values->lookup("stale");
    CHECK(stale.state == cache_state::stale);
    CHECK(stale.value == "old");
    REQUIRE(stale.lease != 0);
    values.put_many("other", 100);
    CHECK(values->fill("stale", "new", {.ttl = 10s, .stale_for = 0s, .lease = stale.lease}));
    CHECK(values->lookup("stale").value == "new");
    values.clock.step(10s);
    CHECK(values->lookup("stale").state == cache_state::missing);
    CHECK(values->stats().stale_hits == 1);
}

TEST_CASE("cache on disk: entries keep their time to live, and the timer removes those whose time is over") {
    scratch_directory const at;
    on_disk values(at.path);
    for (int i = 0; i != 300; ++i) values->put("short" + std::to_string(i), on_disk::value_of(i), 10s);
    for (int i = 0; i != 300; ++i) values->put("long" + std::to_string(i), on_disk::value_of(i), 20s);
    values.clock.step(9s);
    CHECK(values.found("short", 300) == 300);
    values.clock.step(1s);
    CHECK(values.found("short", 300) == 0);
    CHECK(values.found("long", 300) == 300);
    values.clock.step(10s);
    while (values->stats().disk_entries != 0) std::this_thread::yield();
    CHECK(values.found("long", 300) == 0);
    CHECK(values->stats().disk_errors == 0);
}

TEST_CASE("cache on disk: the file stays within its budget, and the oldest entries go") {
    scratch_directory const at;
    constexpr std::uint64_t budget = 2'000'000;
    on_disk values(at.path, {{"disk_budget", std::to_string(budget)}});
    std::string const large(10'000, 'v');
    for (int i = 0; i != 1'000; ++i) values->put(std::to_string(i), large);
    auto const stats = values->stats();
    CHECK(stats.disk_bytes <= budget);
    CHECK(stats.disk_entries > 100);
    CHECK(stats.disk_entries < 200);
    CHECK(stats.disk_evictions == 1'000 - on_disk::rows_in_memory - stats.disk_entries);
    CHECK(std::filesystem::file_size(at.file()) <= budget);
    CHECK_FALSE(values->get("0"));
    CHECK(values->get("950") == large);
    values->put("too large for a quarter of it", std::string(600'000, 'v'));
    values.put_many("small", 100);
    CHECK_FALSE(values->get("too large for a quarter of it"));
    CHECK(values.found("small", 100) == 100);
}

TEST_CASE("cache on disk: keys and values of any bytes and sizes come back as they were") {
    scratch_directory const at;
    on_disk values(at.path);
    std::string const bytes("\0\x01'\"\xff\n", 6);
    std::string const long_key(4'096, 'k');
    std::string const large(1'048'576, 'v');
    values->put("", "the empty key");
    values->put("empty", "");
    values->put(bytes, bytes + bytes);
    values->put(long_key, large);
    values.put_many("k", 100);
    CHECK(values->get("") == "the empty key");
    CHECK(values->get("empty") == "");
    CHECK(values->get(bytes) == bytes + bytes);
    CHECK(values->get(long_key) == large);
    CHECK(values->stats().disk_hits == 4);
}
