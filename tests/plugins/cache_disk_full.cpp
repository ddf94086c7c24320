// The cache's second tier where it cannot write: a full disk, a directory that may only be read, something else in the place.
#include "plugins/cache_hosts.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

using namespace hotswap_test;

namespace {

constexpr std::string_view not_allowed = "no mount";

/// What `check` complains about, in a process with its own small file system at `path`.
std::string complaint_in(std::filesystem::path const& path, unsigned long flags, char const* options,
                         std::function<std::string()> const& check) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {  // its mounts end with it
        std::string complaint(not_allowed);
        if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
            mount("tmpfs", path.c_str(), "tmpfs", flags, options) == 0)
            complaint = check();
        if (write(ends[1], complaint.data(), complaint.size()) != static_cast<ssize_t>(complaint.size()))
            _exit(1);
        _exit(0);
    }
    close(ends[1]);
    std::string said;
    for (char byte = 0; read(ends[0], &byte, 1) == 1;) said += byte;
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    return said;
}
void expect_none(std::string const& complaint) {
    if (complaint == not_allowed)
        MESSAGE("no mount is allowed here: not checked on a real file system");
    else
        CHECK(complaint == "");
}
std::string why_off(std::filesystem::path const& directory) {
    on_disk values(directory, {}, "2.0.0");
    disk_lines const lines(values.runtime);
    values.move_to("3.0.0");
    values.put_many("k", 100);
    CHECK(values.found("k", 100) == on_disk::rows_in_memory);
    CHECK(values->erase("k99"));
    CHECK_FALSE(values->get("k99"));
    CHECK(values->stats().disk_entries == 0);
    CHECK(lines.count("is off") == 1);
    return lines.text();
}

}  // namespace

TEST_CASE(
    "cache on disk: on a full disk entries are dropped and counted, no old one comes back, and it works "
    "again") {
    scratch_directory const at;
    expect_none(complaint_in(at.path, 0, "size=600k,mode=0700", [&at]() -> std::string {
        on_disk values(at.path);
        disk_lines const lines(values.runtime);
        for (int round = 0; round != 3; ++round) {
            for (int i = 0; i != 2'000; ++i) values->put(std::to_string(i), std::to_string(i + round));
            for (int i = 0; i != 2'000; i += 10) values->erase(std::to_string(i));
            for (int i = 0; i != 2'000; ++i) {
                auto const found = values->get(std::to_string(i));
                if (found && i % 10 == 0) return "an erased entry came back";
                if (found && *found != std::to_string(i + round)) return "an old value came back";
            }
            values.clock.step(10s);
        }
        if (values->stats().disk_errors == 0) return "no error was counted";
        if (!lines.have("full")) return "the log does not say why: " + lines.text();
        if (mount("none", at.path.c_str(), nullptr, MS_REMOUNT, "size=16m") != 0) return "no larger disk";
        values.clock.step(10s);
        values.put_many("new", 1'000);
        return values.found("new", 1'000) == 1'000 ? "" : "it does not work again: " + lines.text();
    }));
}

TEST_CASE(
    "cache on disk: in a directory that may only be read memory serves alone, until it may be written") {
    scratch_directory const at;
    expect_none(complaint_in(at.path, MS_RDONLY, "size=16m", [&at]() -> std::string {
        on_disk values(at.path, {}, "2.0.0");
        disk_lines const lines(values.runtime);
        values.move_to("3.0.0");
        values.put_many("k", 100);
        if (values.found("k", 100) != on_disk::rows_in_memory) return "memory does not serve";
        if (!lines.have("Read-only file system")) return "the log does not say why: " + lines.text();
        if (mount("none", at.path.c_str(), nullptr, MS_REMOUNT, "size=16m") != 0) return "it stays read-only";
        values.clock.step(10s);
        values.put_many("new", 100);
        return values.found("new", 100) == 100 ? "" : "it does not work again: " + lines.text();
    }));
}

TEST_CASE("cache on disk: a place that cannot have the file is named once, and memory serves alone") {
    scratch_directory const at;
    std::ofstream(at.path / "file") << "a file";
    CHECK(why_off(at.path / "file").find("Not a directory") != std::string::npos);
    CHECK(why_off(at.path / "no/such/parent").find("No such file or directory") != std::string::npos);
    std::filesystem::create_directories(at.path / "cache.sqlite");
    CHECK(why_off(at.path).find("no regular file") != std::string::npos);
    std::filesystem::remove(at.path / "cache.sqlite");
    std::filesystem::create_symlink(at.path / "file", at.path / "cache.sqlite");
    CHECK(why_off(at.path).find("no regular file") != std::string::npos);
}

TEST_CASE("cache on disk: without SQLite the tier is off, says so, and memory serves alone") {
    scratch_directory const at;
    auto* const library = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    link_map* map = nullptr;
    REQUIRE(dlinfo(library, RTLD_DI_LINKMAP, &map) == 0);
    std::string const file = map->l_name;
    dlclose(library);
    expect_none(complaint_in(at.path, 0, "size=16m", [&]() -> std::string {
        if (mount("/dev/null", file.c_str(), nullptr, MS_BIND, nullptr) != 0)
            return "the library is still there";
        auto const said = run_host(at.path, "fill k 100 count k 100 said");
        return said.starts_with("16\n") && said.find("is off (install SQLite: ") != std::string::npos ? ""
                                                                                                      : said;
    }));
}
