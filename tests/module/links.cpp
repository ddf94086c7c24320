// Volumes with the layout of Kubernetes and git-sync: a directory of links, exchanged by renaming one link.
#include "module/files.hpp"
#include "module/fixtures/probe.hpp"
#include "module/staging_area.hpp"

#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

using hotswap::errc;
using hotswap::detail::staging_area;
using test::refusal;
using test::scratch;

namespace fs = std::filesystem;

namespace {

/// `m/x-1.0.0.so → ..data/x-1.0.0.so`, `m/..data → ..1`, and the file in `m/..1`.
struct volume {
    scratch here;
    fs::path const modules = here / "m";

    explicit volume(test::bytes const& content = test::bytes(7)) {
        fs::create_directories(modules / "..1");
        test::write(modules / "..1/x-1.0.0.so", content);
        fs::create_directory_symlink("..1", modules / "..data");
        fs::create_symlink("..data/x-1.0.0.so", modules / "x-1.0.0.so");
    }
    /// Publishes like kubelet: the new files first, then one rename.
    void publish(std::string const& name) const {
        fs::create_directory_symlink(name, modules / "..data_tmp");
        fs::rename(modules / "..data_tmp", modules / "..data");
    }
};

}  // namespace

TEST_CASE("links: below the modules directory a link is followed to what is below it too") {
    volume const at;
    for (bool const checks : {true, false})
        for (fs::path const& directory : {at.modules, at.modules / "..data"}) {
            staging_area area(at.here / "stage", {.check_ownership = checks, .directory = directory});
            for (char const* const name : {"..1/x-1.0.0.so", "..data/x-1.0.0.so"}) {
                auto const staged = area.stage(at.modules / name, "x-1.0.0.so");
                REQUIRE_MESSAGE(staged.has_value(), name << ": " << staged.error().message);
            }
        }
    staging_area area(at.here / "stage", {.directory = at.modules});
    auto const staged = area.stage(at.modules / "x-1.0.0.so", "x-1.0.0.so");
    REQUIRE_MESSAGE(staged.has_value(), staged.error().message);
    CHECK(staged->digest() == area.stage(at.modules / "..1/x-1.0.0.so", "x")->digest());
}

TEST_CASE("links: one that others could have made, or that leads to what they can write, is refused") {
    volume const at;
    staging_area area(at.here / "stage", {.directory = at.modules});
    REQUIRE(chmod((at.modules / "..1").c_str(), 0777) == 0);
    CHECK_SAYS(refusal(area.stage(at.modules / "x-1.0.0.so", "x")), "..1 can be written by every user");
    REQUIRE(chmod((at.modules / "..1").c_str(), 0755) == 0);
    if (geteuid() != 0) return;
    REQUIRE(lchown((at.modules / "x-1.0.0.so").c_str(), 4242, 4242) == 0);
    auto const why = refusal(area.stage(at.modules / "x-1.0.0.so", "x"));
    CHECK(why.code == errc::untrusted_path);
    CHECK_SAYS(why, "m/x-1.0.0.so belongs to user 4242");
}

TEST_CASE("links: circles and links to nothing are refused in words that are true") {
    volume const at;
    staging_area area(at.here / "stage", {.directory = at.modules});
    fs::create_symlink("b.so", at.modules / "a.so");
    fs::create_symlink("a.so", at.modules / "b.so");
    CHECK(refusal(area.stage(at.modules / "a.so", "x")).code == errc::not_regular_file);
    fs::create_symlink("..data/none.so", at.modules / "none.so");
    auto const why = refusal(area.stage(at.modules / "none.so", "x"));
    CHECK(why.code == errc::no_such_file);
    CHECK_SAYS(why, (at.modules / "..1/none.so").string());
    fs::create_symlink("..data", at.modules / "directory.so");
    CHECK(refusal(area.stage(at.modules / "directory.so", "x")).code == errc::not_regular_file);
}

TEST_CASE("links: a runtime loads and swaps from a volume that is exchanged under it") {
    volume const at(test::read(test::modules / "plain-1.0.0.so"));
    fs::create_symlink("..data/x-1.0.0.so", at.modules / "plain-1.0.0.so");
    hotswap::runtime runtime{{.modules = at.modules,
                              .staging = at.here / "stage",
                              .log_to_stderr = false,
                              .rehearse = hotswap::rehearse::never}};
    auto const it = runtime.load<test::probe>("plain");
    REQUIRE_MESSAGE(it.has_value(), it.error().message);
    fs::create_directory(at.modules / "..2");
    fs::copy_file(test::modules / "plain-2.0.0.so", at.modules / "..2/x-1.0.0.so");
    at.publish("..2");
    auto const swapped = runtime.swap("plain", {.module = at.modules / "plain-1.0.0.so"});
    REQUIRE_MESSAGE(swapped.has_value(), swapped.error().message);
    CHECK(swapped->from.digest != swapped->to.digest);
}

TEST_CASE("links: a group is trusted by name, for modules as for copies, and no other with it") {
    if (geteuid() != 0) return;
    constexpr gid_t of_volume = 2000;
    volume const at;
    for (fs::path const& each : {at.modules, at.modules / "..1", at.modules / "..1/x-1.0.0.so"}) {
        REQUIRE(chown(each.c_str(), 0, of_volume) == 0);
        REQUIRE(chmod(each.c_str(), fs::is_directory(each) ? 02775 : 0664) == 0);
    }
    staging_area strict(at.here / "stage", {.directory = at.modules});
    CHECK_SAYS(refusal(strict.stage(at.modules / "x-1.0.0.so", "x")), "can be written by its group 2000");
    staging_area trusting(at.modules / "stage", {.directory = at.modules, .trusted_groups = {of_volume}});
    auto const staged = trusting.stage(at.modules / "x-1.0.0.so", "x");
    CHECK_MESSAGE(staged.has_value(), staged.error().message);
    REQUIRE(chown((at.modules / "..1").c_str(), 0, of_volume + 1) == 0);
    CHECK_SAYS(refusal(trusting.stage(at.modules / "x-1.0.0.so", "x")), "can be written by its group 2001");
}
