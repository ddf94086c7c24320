// Every system call of the store fails once, in every way, and the process dies at every point.
#include "store_fixture.hpp"

#include "base/failpoint.hpp"

#if defined(HOTSWAP_FAILPOINTS)

#include <fmt/format.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <new>

using namespace hotswap;
using namespace hotswap::detail;

namespace {

struct armed {
    explicit armed(std::string const& points) { failpoints::arm(points); }
    ~armed() { failpoints::clear(); }
    armed(armed const&) = delete;
    armed& operator=(armed const&) = delete;
};

/// A swap of the component, as the runtime does it.
result<manifest> swap_to(store& in, std::string_view text) {
    in.vouch_for("cache");
    auto const id = in.note_intent({"swap", {{"cache", {}, "1.0.0", {}, "2.0.0"}}});
    if (!id) return id.error();
    auto const set = put(in, "cache", text, text);
    auto const noted = in.note_outcome(*id, set ? "committed" : "refused");
    if (set && !noted) return noted.error();
    in.sweep();
    return set;
}

/// The content of the current set, "" for an empty one; checks that all its files exist and are whole.
std::string held_by(store& in) {
    auto const found = in.read();
    REQUIRE_MESSAGE(found.has_value(), found.error().message);
    CHECK(found->notes.empty());
    if (found->current.components.empty()) return {};
    auto const& entry = found->current.components.at(0);
    auto const frame = in.read_snapshot(entry);
    REQUIRE_MESSAGE(frame.has_value(), frame.error().message);
    auto const module = in.module(entry.digest);
    REQUIRE_MESSAGE(module.has_value(), module.error().message);
    REQUIRE(read_file(*module) == text_of(*frame));
    return text_of(*frame);
}

std::string held_by(fs::path const& directory) { return held_by(*open_store(directory)); }

bool has_left_overs(fs::path const& directory) {
    for (auto const& entry : fs::recursive_directory_iterator(directory))
        if (entry.path().filename().string().starts_with(".new-")) return true;
    return false;
}

/// The number of visits of each point by `f`.
template <class F>
std::map<std::string, int> visits_of(F&& f) {
    failpoints::clear();
    temporary_directory const once;
    f(once.path);
    auto const points = failpoints::visited();
    failpoints::clear();
    std::map<std::string, int> counts;
    for (auto const& point : points)
        if (point.starts_with("store.")) failpoints::call(point, [&counts, point] { ++counts[point]; });
    temporary_directory const again;
    f(again.path);
    failpoints::clear();
    return counts;
}

/// Opens the store, or makes it, and swaps to "new".
void swap_to_new(fs::path const& directory) {
    auto const opened = store::open({directory, {}});
    if (opened) static_cast<void>(swap_to(**opened, "new"));
}

/// The same, in a process that ends at a point; returns its status from waitpid.
int swap_in_child(fs::path const& directory, std::string const& points) {
    pid_t const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        failpoints::arm(points);
        swap_to_new(directory);
        _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return status;
}

errc expected_code(int error) {
    if (error == ENOSPC || error == EDQUOT) return errc::store_full;
    if (error == EROFS || error == EACCES || error == EPERM) return errc::store_read_only;
    return errc::store_failed;
}

}  // namespace

TEST_CASE(
    "store: whichever call of a swap fails, the set is the old or the new one, and the next swap works") {
    for (auto const& [point, count] : visits_of(swap_to_new)) {
        for (int const error : {ENOSPC, EDQUOT, EROFS, EACCES, EIO, EMFILE, ENOMEM}) {
            for (int visit = 1; visit <= count; ++visit) {
                CAPTURE(point);
                CAPTURE(error);
                CAPTURE(visit);
                temporary_directory const at;
                auto opened = open_store(at.path);
                REQUIRE(swap_to(*opened, "old").has_value());
                bool done = false;
                {
                    armed const fault(fmt::format("{}={}*fail:{}", point, visit, error));
                    auto const set = swap_to(*opened, "new");
                    done = set.has_value();
                    // EIO while reading is damage, and handled as such.
                    if (!done) REQUIRE(set.error().code == expected_code(error));
                    if (!done) CHECK(set.error().message.find(at.path.string()) != std::string::npos);
                }
                CHECK_FALSE(has_left_overs(at.path));
                auto const held = held_by(*opened);
                CHECK((done ? held == "new" : held == "old" || held == "new"));
                opened.reset();
                REQUIRE(held_by(at.path) == held);
                opened = open_store(at.path);
                REQUIRE(swap_to(*opened, "newest").has_value());
                REQUIRE(held_by(*opened) == "newest");
            }
        }
    }
}

TEST_CASE("store: a commit that fails leaves the set before it, even when the fault lasts") {
    for (std::string const point : {"store.create", "store.write", "store.sync", "store.rename"}) {
        CAPTURE(point);
        temporary_directory const at;
        auto const opened = open_store(at.path);
        auto const old = put(*opened, "cache", "old", "old").value();
        auto const older = opened->commit([](manifest&) {}).value();
        {
            armed const fault(point + "=fail:5");
            CHECK_FALSE(opened->commit([](manifest& next) { next.components.clear(); }).has_value());
            CHECK_FALSE(put(*opened, "cache", "new", "new").has_value());
        }
        auto const found = opened->read().value();
        CHECK(found.current == older);
        CHECK(found.notes.empty());
        CHECK(old.components == older.components);
        CHECK_FALSE(has_left_overs(at.path));
    }
}

TEST_CASE("store: when the directory cannot be made durable the commit fails and the old set is put back") {
    temporary_directory const at;
    auto const opened = open_store(at.path);
    auto const first = put(*opened, "cache", "first", "first").value();
    SUBCASE("with one before") {
        {
            armed const fault("store.sync_directory=1*fail:5");
            CHECK_FALSE(opened->commit([](manifest& next) { next.components.clear(); }).has_value());
        }
        CHECK(opened->read().value().current == first);
        CHECK(put(*opened, "cache", "second", "second").value().number > first.number);
        CHECK(held_by(*opened) == "second");
    }
    SUBCASE("with nothing before") {
        temporary_directory const fresh;
        auto const other = open_store(fresh.path);
        {
            armed const fault("store.sync_directory=1*fail:5");
            CHECK_FALSE(other->commit([](manifest&) {}).has_value());
        }
        CHECK(other->read().value().current == manifest());
    }
}

TEST_CASE(
    "store: what is in doubt after a failed fsync is neither swept nor removed by the operation that gives "
    "it up") {
    temporary_directory const at;
    auto const opened = open_store(at.path);
    put(*opened, "cache", "first", "first").value();
    auto const snapshot = opened->write_snapshot("cache", 1, {bytes_of("second")}).value();
    {
        armed const fault("store.sync_directory=1*fail:5");
        CHECK_FALSE(
            opened->commit([&](manifest& next) { next.components[0].snapshot = snapshot; }).has_value());
    }
    opened->give_up(snapshot);
    opened->sweep();
    CHECK(fs::exists(at.path / "snapshots" / snapshot.file));
    put(*opened, "cache", "third", "third").value();
    opened->sweep();
    CHECK_FALSE(fs::exists(at.path / "snapshots" / snapshot.file));
}

TEST_CASE("store: a failed fdatasync is not tried again, and its file is thrown away") {
    temporary_directory const at;
    auto const opened = open_store(at.path);
    int calls = 0;
    failpoints::call("store.sync", [&calls] { ++calls; });
    REQUIRE(opened->write_snapshot("cache", 1, {bytes_of("x")}).has_value());
    CHECK(calls == 1);
    failpoints::clear();
    armed const fault("store.sync=1*fail:5");
    auto const refused = opened->write_snapshot("cache", 1, {bytes_of("x")});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("fdatasync") != std::string::npos);
    CHECK(std::distance(fs::directory_iterator(at.path / "snapshots"), {}) == 1);
}

TEST_CASE("store: a snapshot or module whose name cannot be made durable is thrown away") {
    temporary_directory const at;
    auto const opened = open_store(at.path);
    armed const fault("store.sync_directory=fail:5");
    CHECK_FALSE(opened->write_snapshot("cache", 1, {bytes_of("x")}).has_value());
    CHECK_FALSE(opened->keep_module(bytes_of("x")).has_value());
    CHECK(fs::is_empty(at.path / "snapshots"));
    CHECK(fs::is_empty(at.path / "modules"));
}

TEST_CASE("store: opening fails in words at whichever call, and holds nothing afterwards") {
    auto const open_it = [](fs::path const& directory) {
        static_cast<void>(store::open({directory / "deep" / "store", {}}));
    };
    for (auto const& [point, count] : visits_of(open_it)) {
        for (int visit = 1; visit <= count; ++visit) {
            CAPTURE(point);
            CAPTURE(visit);
            temporary_directory const at;
            {
                armed const fault(fmt::format("{}={}*fail:{}", point, visit, ENOSPC));
                auto const opened = store::open({at.path / "deep" / "store", {}});
                REQUIRE_FALSE(opened.has_value());
                CHECK(opened.error().code == errc::store_full);
            }
            REQUIRE(store::open({at.path / "deep" / "store", {}}).has_value());
        }
    }
}

TEST_CASE("store: an allocation that fails anywhere leaves the old or the new set, and no left-overs") {
    int thrown = 0;
    for (auto const& [point, count] : visits_of(swap_to_new)) {
        for (int visit = 1; visit <= count; ++visit) {
            CAPTURE(point);
            CAPTURE(visit);
            temporary_directory const at;
            put(*open_store(at.path), "cache", "old", "old").value();
            try {
                armed const fault(fmt::format("{}={}*no_memory", point, visit));
                swap_to_new(at.path);
            } catch (std::bad_alloc const&) {
                ++thrown;
            }
            CHECK_FALSE(has_left_overs(at.path));
            auto const held = held_by(at.path);
            CHECK((held == "old" || held == "new"));
        }
    }
    CHECK(thrown > 40);
}

TEST_CASE("store: killed before any call of a swap, the old or the new set is there, whole") {
    int old_ones = 0, new_ones = 0;
    for (auto const& [point, count] : visits_of(swap_to_new)) {
        for (int visit = 1; visit <= count; ++visit) {
            for (bool const fresh : {false, true}) {
                CAPTURE(point);
                CAPTURE(visit);
                CAPTURE(fresh);
                temporary_directory const at;
                if (!fresh) put(*open_store(at.path), "cache", "old", "old").value();
                int const status = swap_in_child(at.path, fmt::format("{}={}*kill", point, visit));
                // A store that exists needs fewer calls than one that is made.
                if (fresh) REQUIRE(WIFSIGNALED(status));
                auto const opened = open_store(at.path);
                CHECK_FALSE(has_left_overs(at.path));
                auto const held = held_by(*opened);
                (held == "new" ? new_ones : old_ones) += 1;
                REQUIRE((held == "new" || held == (fresh ? "" : "old")));
                REQUIRE(swap_to(*opened, "newest").has_value());
                REQUIRE(held_by(*opened) == "newest");
            }
        }
    }
    CHECK(old_ones > 20);
    CHECK(new_ones > 5);
}

TEST_CASE("store: on a full disk a swap is refused, the old set stays, and works again when there is room") {
    pid_t const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {  // its own mounts, which end with the process
        temporary_directory const at;
        auto const path = at.path.string();
        constexpr int cannot = 77;
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("tmpfs", path.c_str(), "tmpfs", 0, "size=256k,mode=0700") != 0)
            _exit(cannot);
        auto opened = store::open({at.path, {}});
        if (!opened || !swap_to(**opened, "old")) _exit(1);
        std::string const large(1 << 20, 'x');
        auto const refused = put(**opened, "cache", "new", large);
        if (refused || refused.error().code != errc::store_full) _exit(2);
        std::ofstream(at.path / "filler") << large;
        auto const full = swap_to(**opened, "new");
        if (full || full.error().code != errc::store_full) _exit(3);
        if (has_left_overs(at.path)) _exit(4);
        auto const found = (*opened)->read();
        if (!found || found->current.number != 1 || !found->notes.empty()) _exit(5);
        fs::remove(at.path / "filler");
        if (!swap_to(**opened, "new")) _exit(6);
        _exit(umount2(path.c_str(), MNT_DETACH) == 0 ? 0 : 7);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        MESSAGE("no mount is allowed here: not checked on a real full disk");
    else
        CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("store: where there are no hard links a copy is kept of the set before") {
    temporary_directory const at;
    auto const opened = open_store(at.path);
    auto const first = put(*opened, "cache", "first", "first").value();
    {
        armed const fault(fmt::format("store.link=fail:{}", EPERM));
        put(*opened, "cache", "second", "second").value();
    }
    auto const found = opened->read().value();
    CHECK(found.current.number == 2);
    CHECK(found.previous == first);
}

#endif
