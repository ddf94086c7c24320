// Destinations of which the system has something to say: they are refused before anything is touched, or named.
#include "control/command.hpp"
#include "pool/fixture.hpp"

#include <cstdlib>

using namespace hotswap_test;

namespace {

/// Whether this process may make mounts that only its children see.
bool can_mount() { return std::system("unshare --mount true 2>/dev/null") == 0; }

struct mounted_pools : pools {
    mounted_pools() {
        there("a", "old");
        source("a", "new");
        one_pool({"a"}, R"(["true"])");
    }
    /// Applies it where this was mounted before; WWW is the place of the destinations.
    said after(std::string mounts) const {
        for (auto at = mounts.find("WWW"); at != mounts.npos; at = mounts.find("WWW"))
            mounts.replace(at, 3, (root / "www").native());
        auto const out = root / "out";
        auto const line =
            fmt::format("unshare --mount sh -c '{} && exec {} apply {} --state {}' >{} 2>&1", mounts,
                        HOTSWAP_TEST_COMMAND, hotfix().native(), state().native(), out.native());
        int const status = std::system(line.c_str());
        return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .out = content(out)};
    }
};

}  // namespace

TEST_CASE(
    "pools: a file that is a mount, a file system that is read-only, and one without space are refused") {
    if (!can_mount()) return;
    mounted_pools at;
    auto const mount = at.after("mount --bind WWW/a WWW/a");
    CHECK(mount.code == 3);
    CHECK_MESSAGE(has(mount.out, "is a mount of its own"), mount.out);
    auto const read_only = at.after("mount --bind WWW WWW && mount -o remount,bind,ro WWW");
    CHECK(read_only.code == 3);
    CHECK_MESSAGE(has(read_only.out, "read-only"), read_only.out);
    at.source("a", std::string(std::size_t{1} << 20U, 'x'));
    auto const full = at.after("mount -t tmpfs -o size=64k,mode=755 none WWW");
    CHECK(full.code == 3);
    CHECK_MESSAGE(has(full.out, "1048576 bytes are needed"), full.out);
    CHECK(content(at.www("a")) == "old");
    CHECK_FALSE(fs::exists(at.state() / "pools.json"));
}

TEST_CASE("pools: a link that leads to where no files are kept, or that another user made, is refused") {
    mounted_pools at;
    fs::create_directory_symlink("/proc/self", at.www("link"));
    at.one_pool({"link/a"}, R"(["true"])");
    at.source("link/a", "new");
    CHECK_MESSAGE(has(at.refusal().message, "where no files are kept"), at.refusal().message);
    if (::geteuid() != 0) return;
    fs::remove(at.www("link"));
    fs::create_directories(at.www("real"));
    fs::create_directory_symlink("real", at.www("link"));
    CHECK(at.apply_one().outcome == pool_outcome::applied);
    REQUIRE(::lchown(at.www("link").c_str(), 65534, 65534) == 0);
    at.source("link/a", "newer");
    CHECK_MESSAGE(has(at.refusal().message, "is a link of another user"), at.refusal().message);
}

TEST_CASE("pools: an immutable file is refused, with what makes it changeable") {
    mounted_pools at;
    auto const command = [&](char const* how) {
        return std::system(fmt::format("chattr {} {} 2>/dev/null", how, at.www("a").native()).c_str());
    };
    if (command("+i") != 0) return;  // not on this file system, or not by this user
    auto const why = at.refusal().message;
    CHECK(command("-i") == 0);
    CHECK_MESSAGE(has(why, "chattr -i"), why);
    CHECK(at.apply_one().outcome == pool_outcome::applied);
}

TEST_CASE("pools: a file with other names is replaced, they keep the old content, and that is said") {
    mounted_pools at;
    fs::create_hard_link(at.www("a"), at.www("other"));
    auto const done = at.apply_one();
    CHECK(done.outcome == pool_outcome::applied);
    CHECK(has(done.files.at(0).warning, "has 2 names"));
    CHECK(content(at.www("a")) == "new");
    CHECK(content(at.www("other")) == "old");
}
