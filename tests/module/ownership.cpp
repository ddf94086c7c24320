// Modules are taken only from directories that only the host's user and root can write.
#include "module/files.hpp"
#include "module/fixtures/probe.hpp"
#include "module/staging_area.hpp"

#include <hotswap/inspect.hpp>
#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using hotswap::errc;
using hotswap::detail::staging_area;
using test::refusal;
using test::scratch;

namespace fs = std::filesystem;

namespace {

constexpr uid_t stranger = 65534;

void set_mode(fs::path const& path, unsigned mode) { REQUIRE(chmod(path.c_str(), mode) == 0); }

/// A module in a separate directory, and a place to stage it.
struct place {
    scratch here;
    fs::path const directory = here / "modules";
    fs::path const file = directory / "one-1.0.0.so";
    staging_area area{here / "stage"};

    place() {
        fs::create_directory(directory);
        set_mode(directory, 0755);
        test::write(file, "content");
        set_mode(file, 0644);
    }
    errc answer() {
        auto const staged = area.stage(file, "one-1.0.0.so");
        return staged ? errc{} : staged.error().code;
    }
};

/// Whether these tests can act as several users.
bool is_root() { return geteuid() == 0; }

}  // namespace

TEST_CASE("ownership: a module that only the host's user or root can write is taken") {
    place at;
    CHECK(at.answer() == errc{});
    set_mode(at.file, 0400);
    set_mode(at.directory, 0500);
    CHECK(at.answer() == errc{});
    set_mode(at.directory, 0700);
}

TEST_CASE("ownership: a file that others can write is refused, with its mode and the remedy") {
    place at;
    bool const has_group = test::give_to_other_group(at.file);
    for (unsigned const mode : {0664u, 0646u, 0666u}) {
        if (mode == 0664u && !has_group) continue;
        set_mode(at.file, mode);
        auto const why = refusal(at.area.stage(at.file, "one-1.0.0.so"));
        CHECK(why.code == errc::untrusted_path);
        CHECK(why.phase == hotswap::phase::stage);
        CHECK_SAYS(why, at.file.string());
        CHECK_SAYS(why, fmt::format("mode {:04o}", mode));
        CHECK_SAYS(why, "chmod go-w");
    }
}

TEST_CASE("ownership: a directory that others can write is refused, be it sticky") {
    place at;
    bool const has_group = test::give_to_other_group(at.directory);
    for (unsigned const mode : {0775u, 0757u, 0777u, 01777u}) {
        if (mode == 0775u && !has_group) continue;
        set_mode(at.directory, mode);
        auto const why = refusal(at.area.stage(at.file, "one-1.0.0.so"));
        CHECK(why.code == errc::untrusted_path);
        CHECK_SAYS(why, at.directory.string());
    }
}

TEST_CASE("ownership: every directory on the way counts, and a sticky one is fine there") {
    place at;
    fs::path const inner = at.directory / "a/b";
    fs::create_directories(inner);
    test::write(inner / "two.so", "content");
    CHECK(at.area.stage(inner / "two.so", "two.so").has_value());
    for (fs::path const& open : {at.directory / "a", at.directory, at.here.path()}) {
        set_mode(open, 0777);
        CHECK_SAYS(refusal(at.area.stage(inner / "two.so", "two.so")), open.string());
        set_mode(open, 01777);
        CHECK(at.area.stage(inner / "two.so", "two.so").has_value());
        set_mode(open, 0755);
    }
}

TEST_CASE("ownership: files and directories of another user are refused") {
    if (!is_root()) return;
    place at;
    REQUIRE(chown(at.file.c_str(), stranger, stranger) == 0);
    auto const why = refusal(at.area.stage(at.file, "one-1.0.0.so"));
    CHECK(why.code == errc::untrusted_path);
    CHECK_SAYS(why, "belongs to user 65534");
    REQUIRE(chown(at.file.c_str(), 0, 0) == 0);
    CHECK(at.answer() == errc{});
    REQUIRE(chown(at.directory.c_str(), stranger, stranger) == 0);
    CHECK(at.answer() == errc::untrusted_path);
    REQUIRE(chown(at.directory.c_str(), 0, 0) == 0);
    REQUIRE(chown(at.here.path().c_str(), stranger, stranger) == 0);
    CHECK(at.answer() == errc::untrusted_path);
    REQUIRE(chown(at.here.path().c_str(), 0, 0) == 0);
}

TEST_CASE("ownership: a host of another user takes its own files and root's, and no third user's") {
    if (!is_root()) return;
    scratch const here;
    set_mode(here.path(), 0755);
    fs::create_directory(here / "own");
    test::write(here / "own/one.so", "content");
    test::write(here / "of_root.so", "content");
    test::write(here / "of_third.so", "content");
    for (fs::path const& own : {here / "own", here / "own/one.so"})
        REQUIRE(chown(own.c_str(), stranger, stranger) == 0);
    REQUIRE(chown((here / "of_third.so").c_str(), 12345, 12345) == 0);
    REQUIRE(seteuid(stranger) == 0);
    {
        staging_area area(here / "own/stage");
        auto const own = area.stage(here / "own/one.so", "one.so");
        auto const of_root = area.stage(here / "of_root.so", "of_root.so");
        auto const of_third = area.stage(here / "of_third.so", "of_third.so");
        REQUIRE(seteuid(0) == 0);
        CHECK_MESSAGE(own.has_value(), own.error().message);
        CHECK(of_root.has_value());
        CHECK(refusal(of_third).code == errc::untrusted_path);
        REQUIRE(seteuid(stranger) == 0);
    }
    REQUIRE(seteuid(0) == 0);
}

TEST_CASE(
    "ownership: links on the way are followed if no other user could have made them, and what they lead to "
    "counts") {
    place at;
    fs::create_directory_symlink(at.directory, at.here / "current");
    fs::create_directory_symlink("../modules/../modules", at.directory / "roundabout");
    CHECK(at.area.stage(at.here / "current/one-1.0.0.so", "x").has_value());
    CHECK(at.area.stage(at.here / "current/roundabout/one-1.0.0.so", "x").has_value());
    set_mode(at.directory, 0777);
    CHECK(refusal(at.area.stage(at.here / "current/one-1.0.0.so", "x")).code == errc::untrusted_path);
    set_mode(at.directory, 0755);
    fs::create_directory_symlink(at.here / "circle", at.here / "circle");
    CHECK(refusal(at.area.stage(at.here / "circle/one-1.0.0.so", "x")).code == errc::not_regular_file);
    if (!is_root()) return;
    REQUIRE(lchown((at.here / "current").c_str(), stranger, stranger) == 0);
    auto const why = refusal(at.area.stage(at.here / "current/one-1.0.0.so", "x"));
    CHECK(why.code == errc::untrusted_path);
    CHECK_SAYS(why, "chown -h 0 " + (at.here / "current").string());
}

TEST_CASE(
    "ownership: a link that leads out of the modules directory is refused, however the directory is "
    "written") {
    place at;
    fs::create_directory(at.here / "outside");
    test::write(at.here / "outside/one-1.0.0.so", "other");
    fs::create_directory_symlink(at.here / "outside", at.directory / "out");
    fs::create_directory_symlink(at.directory, at.here / "current");
    fs::create_symlink(at.here / "outside/one-1.0.0.so", at.directory / "link.so");
    for (fs::path const& directory : {at.directory, at.here / "current", at.here / "modules/../current/."}) {
        staging_area area(at.here / "stage", {.directory = directory});
        CHECK(area.stage(directory / "one-1.0.0.so", "x").has_value());
        auto const why = refusal(area.stage(directory / "out/one-1.0.0.so", "x"));
        CHECK(why.code == errc::untrusted_path);
        CHECK_SAYS(why, "leads out of the modules directory");
        auto const of_file = refusal(area.stage(directory / "link.so", "x"));
        CHECK(of_file.code == errc::untrusted_path);
        CHECK_SAYS(of_file,
                   (at.directory / "link.so").string() + " is a symbolic link that leads out of the");
        CHECK_SAYS(of_file, "to " + (at.here / "outside/one-1.0.0.so").string());
        // The remedy works: a file that is named by its real path is judged there.
        CHECK(area.stage(at.here / "outside/one-1.0.0.so", "x").has_value());
        staging_area trusting(at.here / "stage", {.check_ownership = false, .directory = directory});
        CHECK(refusal(trusting.stage(directory / "link.so", "x")).message == of_file.message);
    }
}

TEST_CASE("ownership: a relative path is judged from the root on") {
    place at;
    auto const before = fs::current_path();
    fs::current_path(at.directory);
    CHECK(at.area.stage("one-1.0.0.so", "x").has_value());
    CHECK(at.area.stage("../modules/./one-1.0.0.so", "x").has_value());
    set_mode(at.here.path(), 0777);
    CHECK(refusal(at.area.stage("one-1.0.0.so", "x")).code == errc::untrusted_path);
    fs::current_path(before);
}

TEST_CASE("ownership: the check can be left out by option, and an inspection names what it would refuse") {
    place at;
    fs::copy_file(test::modules / "plain-1.0.0.so", at.file, fs::copy_options::overwrite_existing);
    set_mode(at.file, 0666);
    staging_area trusting(at.here / "stage", {.check_ownership = false});
    CHECK(trusting.stage(at.file, "x").has_value());
    auto const said = hotswap::inspect(at.file).value();
    REQUIRE(said.refusal() != nullptr);
    CHECK(said.refusal()->code == errc::untrusted_path);
    CHECK(said.component == "plain");
    CHECK(hotswap::inspect(at.file, {.policy = {.check_ownership = false}}).value().refusal() == nullptr);
}

TEST_CASE("ownership: a runtime refuses to load what others can write") {
    place at;
    fs::copy_file(test::modules / "plain-1.0.0.so", at.directory / "plain-1.0.0.so");
    hotswap::runtime runtime{{.modules = at.directory, .staging = at.here / "stage", .log_to_stderr = false}};
    set_mode(at.directory, 0777);
    CHECK(refusal(runtime.load<test::probe>("plain")).code == errc::untrusted_path);
    set_mode(at.directory, 0755);
    CHECK(runtime.load<test::probe>("plain").has_value());
}

TEST_CASE("staging: a place that others could exchange is refused, also when the base itself is private") {
    place at;
    fs::create_directory(at.here / "open");
    set_mode(at.here / "open", 0777);
    auto const why = refusal(staging_area(at.here / "open/stage").stage(at.file, "x"));
    CHECK(why.code == errc::staging_failed);
    CHECK_SAYS(why, (at.here / "open").string());
    CHECK_SAYS(why, "runtime_options::staging");
}
