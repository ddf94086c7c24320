#include "module/staging_area.hpp"

#include "base/failpoint.hpp"
#include "module/files.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <set>

using hotswap::errc;
using hotswap::detail::staged_file;
using hotswap::detail::staging_area;
using test::refusal;
using test::scratch;

namespace fs = std::filesystem;

namespace {

std::set<std::string> entries(fs::path const& directory) {
    std::set<std::string> names;
    if (fs::exists(directory))
        for (auto const& entry : fs::directory_iterator(directory))
            names.insert(entry.path().filename().string());
    return names;
}

unsigned mode_of(fs::path const& path) {
    struct stat found {};
    REQUIRE(lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777u;
}

/// Another process that has staged a file below `base` and holds the file until the process is killed.
class other_process {
public:
    other_process(fs::path const& base, fs::path const& source) {
        int ready[2];
        REQUIRE(pipe(ready) == 0);
        child_ = fork();
        REQUIRE(child_ >= 0);
        if (child_ == 0) {
            staging_area area(base);
            auto const staged = area.stage(source, "other.so");
            char const answer = staged ? 'y' : 'n';
            if (write(ready[1], &answer, 1) != 1) _exit(1);
            for (;;) pause();
        }
        close(ready[1]);
        char answer = 0;
        REQUIRE(::read(ready[0], &answer, 1) == 1);
        close(ready[0]);
        REQUIRE(answer == 'y');
    }
    ~other_process() { kill(); }

    void kill() {
        if (child_ <= 0) return;
        ::kill(child_, SIGKILL);
        waitpid(child_, nullptr, 0);
        child_ = 0;
    }

private:
    pid_t child_ = 0;
};

}  // namespace

TEST_CASE("staging: the copy is read-only, in a directory that only its owner may enter") {
    scratch const here;
    test::write(here / "one.so", "content");
    staging_area area(here / "stage");
    auto const staged = area.stage(here / "one.so", "one.so");
    REQUIRE(staged.has_value());
    CHECK(mode_of(staged->path()) == 0400u);
    CHECK(mode_of(staged->path().parent_path()) == 0700u);
    CHECK(mode_of(here / "stage") == 0700u);
    CHECK(staged->name() == "one.so");
    CHECK(staged->size() == 7);
    CHECK(test::read(staged->path()) == test::read(here / "one.so"));
}

TEST_CASE("staging: the digest is BLAKE2b-256 of the content") {
    scratch const here;
    test::write(here / "abc", "abc");
    staging_area area(here / "stage");
    auto const staged = area.stage(here / "abc", "abc");
    REQUIRE(staged.has_value());
    CHECK(staged->digest() == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST_CASE("staging: each copy of one file has a path of its own, and goes with its owner") {
    scratch const here;
    test::write(here / "one.so", "content");
    staging_area area(here / "stage");
    auto first = area.stage(here / "one.so", "one.so");
    auto second = area.stage(here / "one.so", "one.so");
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    CHECK(first->path() != second->path());
    CHECK(first->digest() == second->digest());
    fs::path const gone = first->path();
    {
        std::optional<staged_file> const owner(std::move(*first));
        CHECK(owner->path() == gone);
        CHECK(fs::exists(gone));
    }
    CHECK_FALSE(fs::exists(gone));
    CHECK(fs::exists(second->path()));
}

TEST_CASE("staging: a file that is replaced after it was staged is not seen") {
    scratch const here;
    test::write(here / "one.so", "old");
    staging_area area(here / "stage");
    auto const staged = area.stage(here / "one.so", "one.so");
    REQUIRE(staged.has_value());
    auto const before = test::read(here / "one.so");
    test::write(here / "one.so", "new and longer");
    CHECK(test::read(staged->path()) == before);
    test::write(here / "next.so", "new");
    fs::rename(here / "next.so", here / "one.so");
    CHECK(test::read(staged->path()) == before);
    CHECK(staged->size() == 3);
}

TEST_CASE("staging: an area takes its directory with it, and leaves the shared one") {
    scratch const here;
    test::write(here / "one.so", "content");
    {
        staging_area area(here / "stage");
        auto const staged = area.stage(here / "one.so", "one.so");
        REQUIRE(staged.has_value());
        CHECK(entries(here / "stage").size() == 1);
    }
    CHECK(fs::is_directory(here / "stage"));
    CHECK(entries(here / "stage").empty());
}

TEST_CASE("staging: an area that stages nothing leaves no trace") {
    scratch const here;
    { staging_area area(here / "stage"); }
    CHECK_FALSE(fs::exists(here / "stage"));
}

TEST_CASE("staging: the directory of a killed process is swept, that of a living one is kept") {
    scratch const here;
    fs::path const base = here / "stage";
    test::write(here / "one.so", "content");
    other_process living(base, here / "one.so");
    auto const of_living = entries(base);
    REQUIRE(of_living.size() == 1);
    other_process dead(base, here / "one.so");
    REQUIRE(entries(base).size() == 2);
    dead.kill();
    CHECK(entries(base).size() == 2);

    staging_area area(base);
    REQUIRE(area.stage(here / "one.so", "one.so").has_value());
    auto const now = entries(base);
    CHECK(now.size() == 2);
    CHECK(now.contains(*of_living.begin()));

    living.kill();
    staging_area later(base);
    REQUIRE(later.stage(here / "one.so", "one.so").has_value());
    CHECK_FALSE(entries(base).contains(*of_living.begin()));
    CHECK(entries(base).size() == 2);
}

TEST_CASE("staging: sweeping leaves what is not hotswap's alone") {
    scratch const here;
    test::write(here / "one.so", "content");
    fs::create_directories(here / "stage/another");
    fs::permissions(here / "stage", fs::perms::owner_all);
    test::write(here / "stage/note.txt", "mine");
    // A name like that of our directories, but with other content.
    fs::create_directories(here / "stage/host-keys");
    fs::permissions(here / "stage/host-keys", fs::perms::owner_all);
    test::write(here / "stage/host-keys/id", "mine");
    staging_area area(here / "stage");
    REQUIRE(area.stage(here / "one.so", "one.so").has_value());
    CHECK(fs::exists(here / "stage/another"));
    CHECK(fs::exists(here / "stage/note.txt"));
    CHECK(fs::exists(here / "stage/host-keys/id"));
}

TEST_CASE("staging: a directory that is removed under a running host is made again") {
    scratch const here;
    test::write(here / "one.so", "content");
    staging_area area(here / "stage");
    REQUIRE(area.stage(here / "one.so", "one.so").has_value());
    fs::remove_all(here / "stage");
    auto const staged = area.stage(here / "one.so", "one.so");
    REQUIRE(staged.has_value());
    CHECK(fs::exists(staged->path()));
}

TEST_CASE("staging: a base that others can write is refused, with the way out") {
    scratch const here;
    test::write(here / "one.so", "content");
    fs::create_directory(here / "stage");
    bool const has_group = test::give_to_other_group(here / "stage");
    for (unsigned const mode : {0770u, 0707u, 0722u}) {
        if (mode == 0770u && !has_group) continue;
        fs::permissions(here / "stage", static_cast<fs::perms>(mode));
        staging_area area(here / "stage");
        auto const why = refusal(area.stage(here / "one.so", "one.so"));
        CHECK(why.code == errc::staging_failed);
        CHECK(why.phase == hotswap::phase::stage);
        CHECK_SAYS(why, "can be written by, another user");
        CHECK_SAYS(why, "runtime_options::staging");
        CHECK(entries(here / "stage").empty());
    }
}

TEST_CASE("staging: a base that belongs to another user is refused") {
    scratch const here;
    test::write(here / "one.so", "content");
    fs::path base = "/usr";  // belongs to root, and to this test only if it runs as root
    if (geteuid() == 0) {
        base = here / "stage";
        fs::create_directory(base);
        fs::permissions(base, fs::perms::owner_all);
        REQUIRE(chown(base.c_str(), 12345, 12345) == 0);
    }
    staging_area area(base);
    auto const why = refusal(area.stage(here / "one.so", "one.so"));
    CHECK(why.code == errc::staging_failed);
    CHECK_SAYS(why, "another user");
}

TEST_CASE("staging: a base that is a link or a file is refused") {
    scratch const here;
    test::write(here / "one.so", "content");
    fs::create_directory(here / "elsewhere");
    fs::create_directory_symlink(here / "elsewhere", here / "link");
    for (char const* const base : {"link", "one.so"}) {
        staging_area area(here / base);
        auto const why = refusal(area.stage(here / "one.so", "one.so"));
        CHECK(why.code == errc::staging_failed);
        CHECK_SAYS(why, "is not a directory");
    }
    CHECK(entries(here / "elsewhere").empty());
}

TEST_CASE("staging: a place where no directory can be made is staging_failed") {
    scratch const here;
    test::write(here / "one.so", "content");
    for (fs::path const& base : {here / "one.so/below", fs::path("/proc/hotswap")}) {
        staging_area area(base);
        auto const why = refusal(area.stage(here / "one.so", "one.so"));
        CHECK(why.code == errc::staging_failed);
        CHECK_SAYS(why, base.string());
    }
}

TEST_CASE("staging: a missing file is refused in the dynamic linker's words") {
    scratch const here;
    staging_area area(here / "stage");
    for (char const* const name : {"none.so", "none/none.so"}) {
        auto const why = refusal(area.stage(here / name, "none.so"));
        CHECK(why.code == errc::no_such_file);
        CHECK_SAYS(why, "cannot open shared object file: No such file or directory");
        CHECK_SAYS(why, (here / name).string());
    }
}

TEST_CASE("staging: a FIFO as a module does not block, and is refused") {
    scratch const here;
    REQUIRE(mkfifo((here / "pipe.so").c_str(), 0600) == 0);
    staging_area area(here / "stage");
    auto const why = refusal(area.stage(here / "pipe.so", "pipe.so"));
    CHECK(why.code == errc::not_regular_file);
    CHECK_SAYS(why, "not a regular file");
}

TEST_CASE("staging: directories, devices, sockets and links are refused") {
    scratch const here;
    fs::create_directory(here / "directory.so");
    test::write(here / "one.so", "content");
    fs::create_symlink(here / "one.so", here / "link.so");
    REQUIRE(mknod((here / "socket.so").c_str(), S_IFSOCK | 0600, 0) == 0);
    staging_area area(here / "stage");
    for (fs::path const& path : {here / "directory.so", here / "link.so", here / "socket.so",
                                 fs::path("/dev/null"), fs::path("/dev/zero")}) {
        auto const why = refusal(area.stage(path, "x.so"));
        CHECK_MESSAGE(why.code == errc::not_regular_file, path.string() << ": " << why.message);
    }
    CHECK_SAYS(refusal(area.stage(here / "link.so", "x.so")), "symbolic link");
}

TEST_CASE("staging: a refused file leaves nothing behind") {
    scratch const here;
    {
        staging_area area(here / "stage");
        static_cast<void>(refusal(area.stage(here / "none.so", "none.so")));
    }
    CHECK(entries(here / "stage").empty());
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE("staging: a copy that cannot be completed, for want of space or memory, leaves no file behind") {
    scratch const directory;
    staging_area area(directory / "staging");
    test::write(directory / "a.so", "content");
    auto const first = area.stage(directory / "a.so", "a.so").value();
    auto const own = first.path().parent_path();
    auto const before = entries(own);
    hotswap::detail::failpoints::arm("stage.write=fail:28");
    CHECK(area.stage(directory / "a.so", "a.so").has_error());
    hotswap::detail::failpoints::arm("stage.write=no_memory");
    CHECK_THROWS_AS(static_cast<void>(area.stage(directory / "a.so", "a.so")), std::bad_alloc);
    hotswap::detail::failpoints::clear();
    CHECK(entries(own) == before);
}
#endif
