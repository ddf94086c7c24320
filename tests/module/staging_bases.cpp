// The default places of private copies, and the behaviour if such a place is missing or belongs to another
// user.
#include "module/exposure.hpp"
#include "module/files.hpp"
#include "module/staging_area.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

using hotswap::errc;
using hotswap::detail::staging_area;
using test::refusal;
using test::scratch;

namespace fs = std::filesystem;

namespace {

constexpr uid_t stranger = 12345;

/// Sets a variable of the environment while the object lives.
class variable {
public:
    variable(char const* name, fs::path const& value) : name_(name) {
        if (char const* const before = std::getenv(name)) before_ = before;
        setenv(name, value.c_str(), 1);
    }
    ~variable() {
        if (before_)
            setenv(name_, before_->c_str(), 1);
        else
            unsetenv(name_);
    }
    variable(variable const&) = delete;
    variable& operator=(variable const&) = delete;

private:
    char const* name_;
    std::optional<std::string> before_;
};

std::string own_name() { return "hotswap-" + std::to_string(geteuid()); }

/// A separate temporary directory and session directory for this test, and a file to stage.
struct machine {
    machine() {
        for (fs::path const& each : {temporary, session}) {
            fs::create_directory(each);
            fs::permissions(each, fs::perms::owner_all);
        }
        test::write(file, "content");
    }

    scratch here;
    fs::path const temporary = here / "tmp";
    fs::path const session = here / "session";
    fs::path const file = here / "one.so";
    variable const of_temporary{"TMPDIR", temporary};
    variable const of_session{"XDG_RUNTIME_DIR", session};
};

std::size_t count(fs::path const& directory) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

bool is_below(fs::path const& path, fs::path const& directory) {
    return path.string().starts_with(directory.string() + "/");
}

}  // namespace

TEST_CASE("staging: copies go to the session's directory, without a word") {
    machine const at;
    staging_area area({});
    auto const staged = area.stage(at.file, "one.so").value();
    CHECK(is_below(staged.path(), at.session / "hotswap"));
    CHECK(count(at.temporary) == 0);
    CHECK(area.take_warnings().empty());
}

TEST_CASE(
    "staging: without a session they go to a directory of the user's in the temporary one, without a word") {
    machine const at;
    variable const none("XDG_RUNTIME_DIR", "");
    staging_area area({});
    auto const staged = area.stage(at.file, "one.so").value();
    CHECK(is_below(staged.path(), at.temporary / own_name()));
    CHECK(area.take_warnings().empty());
}

TEST_CASE("staging: a session's directory that is gone when the host starts is replaced, with one warning") {
    machine const at;
    fs::remove_all(at.session);
    staging_area area({});
    auto const staged = area.stage(at.file, "one.so").value();
    auto const again = area.stage(at.file, "one.so").value();
    CHECK(is_below(staged.path(), at.temporary / own_name()));
    CHECK(staged.path().parent_path() == again.path().parent_path());
    auto const warnings = area.take_warnings();
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find(at.session.string()) != std::string::npos);
    CHECK(warnings[0].find((at.temporary / own_name()).string()) != std::string::npos);
    CHECK(area.take_warnings().empty());
    CHECK_FALSE(fs::exists(at.session));
}

TEST_CASE(
    "staging: a session's directory that ends with the session is replaced while the host runs, with one "
    "warning") {
    machine const at;
    staging_area area({});
    auto const before = area.stage(at.file, "one.so").value();
    CHECK(is_below(before.path(), at.session));
    fs::remove_all(at.session);
    auto const after = area.stage(at.file, "one.so").value();
    CHECK(is_below(after.path(), at.temporary / own_name()));
    CHECK(fs::exists(after.path()));
    CHECK(area.take_warnings().size() == 1);
    static_cast<void>(area.stage(at.file, "one.so").value());
    CHECK(area.take_warnings().empty());
}

TEST_CASE("staging: nothing is made in a session's directory of another user, who is not shut out by that") {
    if (geteuid() != 0) {
        // For every user except root, root is another user.
        machine const at;
        variable const of_root("XDG_RUNTIME_DIR", "/");
        staging_area area({});
        CHECK(is_below(area.stage(at.file, "one.so").value().path(), at.temporary / own_name()));
        CHECK(area.take_warnings().size() == 1);
        CHECK_FALSE(fs::exists("/hotswap"));
        return;
    }
    machine const at;
    REQUIRE(chown(at.session.c_str(), stranger, stranger) == 0);
    for (bool const checks : {true, false}) {
        staging_area area({}, {.check_ownership = checks});
        auto const staged = area.stage(at.file, "one.so").value();
        CHECK(is_below(staged.path(), at.temporary / own_name()));
        CHECK(count(at.session) == 0);
        auto const warnings = area.take_warnings();
        REQUIRE(warnings.size() == 1);
        CHECK(warnings[0].find("belongs to user 12345") != std::string::npos);
    }
}

TEST_CASE("staging: nothing is made in a temporary directory of another user, but in /tmp") {
    if (geteuid() != 0) return;  // only root can act as two users
    machine const at;
    variable const none("XDG_RUNTIME_DIR", "");
    REQUIRE(chown(at.temporary.c_str(), stranger, stranger) == 0);
    {
        staging_area area({});
        auto const staged = area.stage(at.file, "one.so").value();
        CHECK(is_below(staged.path(), "/tmp/" + own_name()));
        CHECK(area.take_warnings().size() == 1);
    }
    CHECK(count(at.temporary) == 0);
}

TEST_CASE(
    "staging: a name in the temporary directory that is taken is gone round, and the way round is found "
    "again") {
    machine const at;
    variable const none("XDG_RUNTIME_DIR", "");
    fs::path const taken = at.temporary / own_name();
    if (geteuid() == 0) {
        fs::create_directory(taken);
        fs::permissions(taken, fs::perms::owner_all);
        REQUIRE(chown(taken.c_str(), stranger, stranger) == 0);
    } else {
        test::write(taken, "");
    }
    for (int host = 0; host != 2; ++host) {
        staging_area area({});
        auto const staged = area.stage(at.file, "one.so").value();
        CHECK(staged.path().string().starts_with(taken.string() + "-"));
        CHECK(area.take_warnings().size() == 1);
    }
    CHECK(count(at.temporary) == 2);
}

TEST_CASE("staging: a base that the host names is used or refused, and none is used instead") {
    machine const at;
    staging_area area(at.here / "one.so/below");
    CHECK(refusal(area.stage(at.file, "one.so")).code == errc::staging_failed);
    CHECK(count(at.temporary) == 0);
    CHECK(count(at.session) == 0);
}

TEST_CASE(
    "staging: the directories that lead to a named base are made so that no other user can write them") {
    scratch const here;
    test::write(here / "one.so", "content");
    mode_t const before = umask(0);
    staging_area area(here / "a/b/stage");
    auto const staged = area.stage(here / "one.so", "one.so");
    umask(before);
    REQUIRE(staged.has_value());
    struct stat found {};
    REQUIRE(stat((here / "a").c_str(), &found) == 0);
    CHECK((found.st_mode & 07777u) == 0755u);
}

TEST_CASE("staging: the host's directory is locked itself, so that cleaners pass over it") {
    scratch const here;
    test::write(here / "one.so", "content");
    staging_area area(here / "stage");
    auto const own = area.stage(here / "one.so", "one.so").value().path().parent_path();
    hotswap::detail::file_descriptor const cleaner(open(own.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(cleaner);
    CHECK(flock(cleaner.get(), LOCK_EX | LOCK_NB) == -1);
    CHECK(fs::is_empty(own));
}

TEST_CASE("staging: a directory that an earlier build of the library has locked by its file is left alone") {
    scratch const here;
    test::write(here / "one.so", "content");
    fs::path const living = here / "stage/host-1-abcdef";
    fs::path const dead = here / "stage/host-2-abcdef";
    for (fs::path const& each : {living, dead}) {
        fs::create_directories(each);
        test::write(each / "lock", "");
        fs::permissions(each, fs::perms::owner_all);  // the mode of mkdtemp
    }
    fs::permissions(here / "stage", fs::perms::owner_all);
    hotswap::detail::file_descriptor const lock(open((living / "lock").c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
    staging_area area(here / "stage");
    REQUIRE(area.stage(here / "one.so", "one.so").has_value());
    CHECK(fs::exists(living));
    CHECK_FALSE(fs::exists(dead));
}

TEST_CASE("staging: what was copied is held, and can be staged again, whatever becomes of the copy") {
    scratch const here;
    test::write(here / "one.so", "content");
    staging_area area(here / "stage");
    auto staged = area.stage(here / "one.so", "one.so").value();
    auto const held = staged.copy();
    fs::remove_all(here / "stage");
    fs::remove(here / "one.so");
    CHECK(held->read().value().bytes.size() == 7);
    auto const again = area.stage(*held, "one.so").value();
    CHECK(again.digest() == staged.digest());
    CHECK(fs::exists(again.path()));
    CHECK(staged.is_gone());
    REQUIRE(area.put_back(staged).has_value());
    CHECK_FALSE(staged.is_gone());
    CHECK(staged.is_unchanged());
    auto const path = staged.path();
    REQUIRE(area.put_back(staged).has_value());
    CHECK(staged.path() == path);
}

TEST_CASE("staging: a held copy whose bytes were changed is refused") {
    scratch const here;
    test::write(here / "one.so", "content");
    staging_area area(here / "stage");
    auto const staged = area.stage(here / "one.so", "one.so").value();
    fs::permissions(staged.path(), fs::perms::owner_all);
    test::write(staged.path(), "CONTENT");
    auto const why = refusal(area.stage(*staged.copy(), "one.so"));
    CHECK(why.code == errc::damaged_module);
    CHECK_SAYS(why, "one.so");
}

TEST_CASE("staging: a copy holds one descriptor, closed with it and not inherited") {
    scratch const here;
    test::write(here / "one.so", "content");
    staging_area area(here / "stage");
    auto const open_files = [] { return count("/proc/self/fd"); };
    static_cast<void>(area.stage(here / "one.so", "one.so").value());
    auto const before = open_files();
    {
        auto const staged = area.stage(here / "one.so", "one.so").value();
        CHECK(open_files() == before + 1);
        for (auto const& each : fs::directory_iterator("/proc/self/fd")) {
            std::error_code gone;
            if (fs::read_symlink(each, gone) == staged.path())
                CHECK(fcntl(std::stoi(each.path().filename()), F_GETFD) == FD_CLOEXEC);
        }
    }
    CHECK(open_files() == before);
}

TEST_CASE("staging: out of descriptors, it says so, and which limit to raise") {
    scratch const here;
    test::write(here / "one.so", "content");
    staging_area area(here / "stage");
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = 0;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    auto const refused = area.stage(here / "one.so", "one.so");
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    auto const why = refusal(refused);
    CHECK(why.code == errc::staging_failed);
    CHECK_SAYS(why, "Too many open files");
    CHECK_SAYS(why, "LimitNOFILE=");
}
