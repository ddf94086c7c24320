// Access to a store: one runtime, with its key, in a directory that no other user can write.
#include "store_fixture.hpp"

#include "base/failpoint.hpp"
#include "module/exposure.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hotswap;
using namespace hotswap::detail;

namespace {

template <class T>
errc code_of(result<T> const& got) {
    return got ? errc{} : got.error().code;
}

constexpr uid_t other_user = 65534;

/// Sets the effective user while it lives.
struct acting_as {
    explicit acting_as(uid_t user) : acts(seteuid(user) == 0) {}
    ~acting_as() {
        if (seteuid(getuid()) != 0) abort();
    }
    acting_as(acting_as const&) = delete;
    acting_as& operator=(acting_as const&) = delete;
    bool acts;
};

std::vector<std::byte> key(int first) {
    std::vector<std::byte> made(32);
    made[0] = std::byte(first);
    return made;
}

}  // namespace

TEST_CASE(
    "store: a second one on the same directory is refused, naming who holds it, until the first is gone") {
    temporary_directory const at;
    auto first = open_store(at.path);
    auto const second = store::open({at.path / ".", {}});
    REQUIRE(code_of(second) == errc::store_locked);
    CHECK(second.error().message.find(std::to_string(getpid())) != std::string::npos);
    put(*first, "cache", "module", "state").value();
    first.reset();
    CHECK(open_store(at.path)->read().value().current.number == 1);
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE("store: a lock that is given back in a moment, as by the child of a killed host, is waited for") {
    temporary_directory const at;
    auto first = open_store(at.path);
    failpoints::call("store.lock.wait", [&] { first.reset(); });
    CHECK(store::open({at.path, {}}).has_value());
    failpoints::clear();
    CHECK(first == nullptr);
}
#endif

TEST_CASE("store: another process is refused while one holds it, and admitted when that was killed") {
    temporary_directory const at;
    int to_child[2], from_child[2];
    REQUIRE((pipe(to_child) == 0 && pipe(from_child) == 0));
    pid_t const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto const opened = store::open({at.path, {}});
        char const answer = opened ? 'y' : 'n';
        if (write(from_child[1], &answer, 1) != 1) _exit(1);
        char never = 0;
        close(to_child[1]);
        static_cast<void>(!read(to_child[0], &never, 1));
        _exit(0);
    }
    char answer = 0;
    REQUIRE(read(from_child[0], &answer, 1) == 1);
    REQUIRE(answer == 'y');
    auto const refused = store::open({at.path, {}});
    REQUIRE(code_of(refused) == errc::store_locked);
    CHECK(refused.error().message.find(std::to_string(child)) != std::string::npos);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    CHECK(store::open({at.path, {}}).has_value());
    for (int const fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) close(fd);
}

TEST_CASE("store: a directory that others can write, or that is another user's, is refused") {
    temporary_directory const at;
    open_store(at.path);
    SUBCASE("everybody") { REQUIRE(chmod(at.path.c_str(), 0707) == 0); }
    SUBCASE("a group") {
        if (geteuid() != 0 && hotswap::detail::is_private_group(getegid(), geteuid())) return;
        if (geteuid() == 0) REQUIRE(chown(at.path.c_str(), 0, other_user) == 0);
        REQUIRE(chmod(at.path.c_str(), 0770) == 0);
    }
    SUBCASE("everybody, within") { REQUIRE(chmod((at.path / "snapshots").c_str(), 0777) == 0); }
    SUBCASE("another user") {
        if (geteuid() != 0) return;
        REQUIRE(chown(at.path.c_str(), other_user, other_user) == 0);
    }
    CHECK(code_of(store::open({at.path, {}})) == errc::untrusted_path);
}

TEST_CASE("store: a directory made under umask 002 is taken if its group is its user's alone") {
    temporary_directory const at;
    if (!hotswap::detail::is_private_group(getegid(), geteuid())) return;
    REQUIRE(chmod(at.path.c_str(), 0775) == 0);
    CHECK(store::open({at.path, {}}).has_value());
}

TEST_CASE("store: a link or a file in the place of a directory within is refused") {
    temporary_directory const at, elsewhere;
    SUBCASE("link") { fs::create_directory_symlink(elsewhere.path, at.path / "modules"); }
    SUBCASE("file") { write_file(at.path / "modules", ""); }
    CHECK(code_of(store::open({at.path, {}})) == errc::store_failed);
}

TEST_CASE("store: a directory that cannot be written is refused as read-only") {
    if (geteuid() != 0) return;  // only root can make such a directory
    temporary_directory const at;
    REQUIRE(chmod(at.path.c_str(), 0755) == 0);
    {
        acting_as const user(other_user);
        REQUIRE(user.acts);
        CHECK(code_of(store::open({at.path, {}})) == errc::store_read_only);
        CHECK(code_of(store::open({at.path / "new" / "store", {}})) == errc::store_read_only);
    }
    CHECK(store::open({at.path, {}}).has_value());
}

TEST_CASE("store: writing into a store that became read-only is refused and leaves it as it was") {
    if (geteuid() != 0) return;
    temporary_directory const at;
    REQUIRE(chmod(at.path.c_str(), 0755) == 0);
    auto const opened = open_store(at.path);
    auto const set = put(*opened, "cache", "module", "state").value();
    {
        acting_as const user(other_user);
        REQUIRE(user.acts);
        CHECK(code_of(put(*opened, "cache", "other module", "state")) == errc::store_read_only);
        CHECK(code_of(opened->write_snapshot("cache", 1, {})) == errc::store_read_only);
        CHECK(code_of(opened->commit([](manifest&) {})) == errc::store_read_only);
        CHECK(code_of(opened->note_intent({})) == errc::store_read_only);
    }
    CHECK(opened->read().value().current == set);
}

TEST_CASE(
    "store: without a descriptor left nothing is written, in clear words, and it works again afterwards") {
    temporary_directory const at;
    auto const opened = open_store(at.path);
    auto const set = put(*opened, "cache", "module", "state").value();
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit const none{0, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    auto const snapshot = opened->write_snapshot("cache", 1, {bytes_of("new")});
    auto const kept = opened->keep_module(bytes_of("new"));
    auto const committed = opened->commit([](manifest& next) { next.components.clear(); });
    auto const noted = opened->note_intent({});
    auto const read = opened->read();
    auto const another = store::open({at.path / "another", {}});
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(code_of(snapshot) == errc::store_failed);
    CHECK(code_of(kept) == errc::store_failed);
    CHECK(code_of(committed) == errc::store_failed);
    CHECK(code_of(noted) == errc::store_failed);
    CHECK(code_of(read) == errc::store_failed);
    CHECK(code_of(another) == errc::store_failed);
    CHECK(committed.error().message.find("descriptor") != std::string::npos);
    CHECK(opened->read().value().current == set);
    CHECK(std::distance(fs::directory_iterator(at.path / "snapshots"), {}) == 1);
    CHECK(put(*opened, "cache", "module", "state").has_value());
}

TEST_CASE("store: with a key, what another key or none has sealed is refused, whatever the kind of file") {
    temporary_directory const at;
    auto opened = open_store(at.path, key(1));
    auto const set = put(*opened, "cache", "module", "state").value();
    REQUIRE(opened->note_intent({"swap", {{"cache", {}, {}, {}, {}}}}).has_value());
    opened.reset();
    {
        auto const right = open_store(at.path, key(1));
        auto const found = right->read().value();
        CHECK(found.current == set);
        CHECK(found.journal.size() == 1);
        CHECK(text_of(right->read_snapshot(set.components[0]).value()) == "state");
    }
    for (auto const& wrong : {key(2), std::vector<std::byte>()}) {
        auto const other = open_store(at.path, wrong);
        auto const found = other->read();
        REQUIRE(code_of(found) == errc::store_damaged);
        CHECK(found.error().message.find("key") != std::string::npos);
        CHECK(code_of(other->read_snapshot(set.components[0])) == errc::store_damaged);
        CHECK(code_of(other->commit([](manifest&) {})) == errc::store_damaged);
    }
    CHECK(open_store(at.path, key(1))->read().value().current == set);
}

TEST_CASE("store: a manifest without a MAC is refused where a key is configured") {
    temporary_directory const at, forged;
    put(*open_store(at.path, key(1)), "cache", "module", "state").value();
    put(*open_store(forged.path), "cache", "evil", "state").value();
    write_file(at.path / "manifest", read_file(forged.path / "manifest"));
    auto const found = open_store(at.path, key(1))->read();
    REQUIRE(code_of(found) == errc::store_damaged);
    CHECK(found.error().message.find("without a key") != std::string::npos);
}

TEST_CASE("store: a key of another length is refused") {
    temporary_directory const at;
    CHECK(code_of(store::open({at.path, std::vector<std::byte>(31)})) == errc::invalid_argument);
    CHECK(code_of(store::open({at.path, std::vector<std::byte>(33)})) == errc::invalid_argument);
}
