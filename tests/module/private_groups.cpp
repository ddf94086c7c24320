// A group with only the host's user is not "others": files built under umask 002 are accepted.
#include "module/exposure.hpp"
#include "module/files.hpp"
#include "module/fixtures/probe.hpp"
#include "module/module_source.hpp"
#include "module/staging_area.hpp"

#include <hotswap/inspect.hpp>
#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <utility>

using hotswap::errc;
using hotswap::detail::is_private_group;
using hotswap::detail::is_unmapped;
using hotswap::detail::staging_area;
using test::refusal;
using test::scratch;

namespace fs = std::filesystem;

namespace {

struct account {
    uid_t user;
    gid_t group;
};

/// The accounts with a private group that this process can act as.
std::vector<account> accounts_with_group() {
    std::vector<account> all;
    setpwent();
    while (passwd const* const each = getpwent()) {
        if (geteuid() != 0 && each->pw_uid != geteuid()) continue;
        if (is_private_group(each->pw_gid, each->pw_uid)) all.push_back({each->pw_uid, each->pw_gid});
    }
    endpwent();
    return all;
}

/// Runs a host of that account with umask 002, whose modules the same account installed: 0, or the number of
/// the step that failed.
int run_under_umask(account const& who) {
    if (geteuid() == 0 &&
        (setresgid(who.group, who.group, who.group) != 0 || setresuid(who.user, who.user, who.user) != 0))
        return 1;
    umask(002);
    auto name = (fs::temp_directory_path() / "hotswap-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return 2;
    fs::path const home = name;
    int result = 0;
    {
        if (chmod(home.c_str(), 0775) != 0) return 3;  // the mode of a project's directory
        fs::create_directories(home / "build/modules");
        fs::create_directories(home / "stage");
        for (char const* const file : {"plain-1.0.0.so", "plain-2.0.0.so"}) {
            test::write(home / "build/modules" / file, test::read(test::modules / file));
            struct stat found {};
            if (stat((home / "build/modules" / file).c_str(), &found) != 0 || (found.st_mode & S_IWGRP) == 0)
                return 4;
        }
        hotswap::runtime runtime{{.modules = home / "build/modules",
                                  .staging = home / "stage",
                                  .log_to_stderr = false,
                                  .rehearse = hotswap::rehearse::never}};
        if (!runtime.load<test::probe>("plain", {.module = home / "build/modules/plain-1.0.0.so"}))
            result = 5;
        if (result == 0 && !runtime.swap("plain")) result = 6;
    }
    fs::remove_all(home);
    return result;
}

int in_child(account const& who) {
    pid_t const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        int result = 9;
        try {
            result = run_under_umask(who);
        } catch (std::exception const&) {
        }
        _exit(result);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Two releases of a family below two directories, all writable by a group.
struct open_family {
    scratch here;
    fs::path const outer = here / "a project";
    fs::path const inner = outer / "modules";
    fs::path const first = inner / "plain-1.0.0.so";
    fs::path const second = inner / "plain-2.0.0.so";

    open_family() {
        fs::create_directories(inner);
        for (fs::path const& file : {first, second, inner / "other-1.0.0.so"}) test::write(file, "content");
        for (fs::path const& each : {outer, inner}) REQUIRE(chmod(each.c_str(), 0775) == 0);
        for (fs::path const& each : {first, second, inner / "other-1.0.0.so"})
            REQUIRE(chmod(each.c_str(), 0666) == 0);
        for (fs::path const& each : {outer, inner}) is_of_others = test::give_to_other_group(each);
    }
    bool is_of_others = false;
};

}  // namespace

TEST_CASE(
    "ownership: what its user builds under umask 002 is loaded and swapped, as root and as any other user") {
    auto const all = accounts_with_group();
    // Root has such a group on every system that builds this; a user without one gets a message.
    CHECK((geteuid() != 0 || !all.empty()));
    int tried = 0;
    for (account const& each : all) {
        if (each.user != geteuid() && tried == 3) continue;
        ++tried;
        CHECK_MESSAGE(in_child(each) == 0, "user " << each.user);
    }
}

TEST_CASE("ownership: a group counts as a user's own only if that is shown") {
    CHECK_FALSE(is_private_group(54321, geteuid()));  // of no account
    CHECK_FALSE(is_private_group(0, 54321));          // a user without an account
    for (account const& each : accounts_with_group()) {
        CHECK(is_private_group(each.group, each.user));
        CHECK_FALSE(is_private_group(each.group, each.user + 1));
        CHECK_FALSE(is_private_group(each.group + 54321, each.user));
    }
}

TEST_CASE("ownership: an access list is no private group") {
    if (geteuid() != 0 || !is_private_group(0, 0))
        return;  // the list names another user: only root may test it
    scratch const here;
    fs::path const file = here / "plain-1.0.0.so";
    test::write(file, "content");
    REQUIRE(chmod(file.c_str(), 0664) == 0);
    staging_area area(here / "stage");
    CHECK(area.stage(file, "x").has_value());
    struct entry {
        std::uint16_t tag, permissions;
        std::uint32_t id;
    };
    struct {
        std::uint32_t version = 2;
        entry entries[5]{{0x01, 6, ~0u}, {0x02, 6, 12345}, {0x04, 4, ~0u}, {0x10, 6, ~0u}, {0x20, 4, ~0u}};
    } const list;
    if (setxattr(file.c_str(), "system.posix_acl_access", &list, sizeof list, 0) != 0) {
        CHECK(errno == EOPNOTSUPP);  // then no file there has an access list
        return;
    }
    CHECK(refusal(area.stage(file, "x")).code == errc::untrusted_path);
}

TEST_CASE(
    "ownership: one refusal names every directory and every file of the family, and one command that is "
    "enough") {
    open_family const at;
    staging_area area(at.here / "stage");
    auto const why = refusal(area.stage(at.first, "plain-1.0.0.so"));
    CHECK(why.code == errc::untrusted_path);
    for (fs::path const& each : {at.first, at.second})
        CHECK_SAYS(why, each.string() + " can be written by every user");
    CHECK_FALSE(test::says(why, "other-1.0.0.so"));
    if (at.is_of_others)
        for (fs::path const& each : {at.outer, at.inner})
            CHECK_SAYS(why, each.string() + " can be written by its group");
    auto const begin = why.message.find("chmod go-w");
    REQUIRE(begin != std::string::npos);
    auto const command = why.message.substr(begin, why.message.find(", or unset") - begin);
    REQUIRE(std::system(command.c_str()) == 0);
    CHECK(area.stage(at.first, "plain-1.0.0.so").has_value());
    CHECK(area.stage(at.second, "plain-2.0.0.so").has_value());
}

TEST_CASE("ownership: a file in a directory that others can fill is not even opened") {
    open_family const at;
    REQUIRE(chmod(at.inner.c_str(), 0777) == 0);
    fs::path const pipe = at.inner / "plain-3.0.0.so";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    staging_area area(at.here / "stage");
    CHECK(refusal(area.stage(pipe, "x")).code == errc::untrusted_path);
}

TEST_CASE("ownership: any number of files that others have put there makes no endless message") {
    open_family const at;
    for (int patch = 0; patch != 200; ++patch) {
        auto const file = at.inner / ("plain-9.0." + std::to_string(patch) + ".so");
        test::write(file, "");
        REQUIRE(chmod(file.c_str(), 0666) == 0);
    }
    auto const why = refusal(staging_area(at.here / "stage").stage(at.first, "x"));
    CHECK_SAYS(why, "more");
    CHECK(why.message.size() < 16'000);
}

TEST_CASE("ownership: the overflow uid is an unmapped user exactly where the namespace maps no such one") {
    CHECK(is_unmapped(65534, 65534, "         0          0          1\n"));
    CHECK(is_unmapped(65534, 65534, "1000 1000 1\n0 100000 1000\n"));
    CHECK_FALSE(is_unmapped(65534, 65534, "         0          0 4294967295\n"));
    CHECK_FALSE(is_unmapped(65534, 65534, "0 100000 65536\n"));
    CHECK_FALSE(is_unmapped(12345, 65534, "0 0 1\n"));
    CHECK_FALSE(is_unmapped(65534, 65534, ""));  // no map is known
}

TEST_CASE(
    "ownership: in a user namespace that maps the host's user alone, the refusal says whose the root "
    "directory is") {
    if (geteuid() != 0) return;  // the test enters the namespace as another user, to which root is not mapped
    scratch const here;
    REQUIRE(chmod(here.path().c_str(), 0755) == 0);
    test::write(here / "plain-1.0.0.so", "content");
    int said[2];
    REQUIRE(pipe(said) == 0);
    pid_t const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::string text = "no namespace";
        if (setresuid(12345, 12345, 12345) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0 &&
            unshare(CLONE_NEWUSER) == 0) {
            std::ofstream("/proc/self/uid_map") << "12345 12345 1";
            auto const source = hotswap::detail::read_module(here / "plain-1.0.0.so", {});
            text = source ? "taken" : source.error().message;
        }
        auto const written = ::write(said[1], text.data(), text.size());
        _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    close(said[1]);
    std::string text(8192, '\0');
    auto const size = ::read(said[0], text.data(), text.size());
    close(said[0]);
    waitpid(child, nullptr, 0);
    REQUIRE(size > 0);
    text.resize(static_cast<std::size_t>(size));
    INFO(text);
    // A machine may forbid such namespaces; then no host runs in one.
    if (text == "no namespace") return;
    CHECK(text.find("/ belongs to a user whom this user namespace does not map (shown as 65534)") == 0);
    CHECK(text.find("PrivateUsers=") != std::string::npos);
    CHECK(text.find("chown") == std::string::npos);
}
