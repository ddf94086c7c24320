// A store keeps the files that it still needs, and no others.
#include "module/digest.hpp"
#include "store_fixture.hpp"

#include <set>
#include <thread>

using namespace hotswap;
using namespace hotswap::detail;

namespace {

std::set<std::string> names_in(fs::path const& directory) {
    std::set<std::string> names;
    for (auto const& entry : fs::directory_iterator(directory))
        names.insert(entry.path().filename().string());
    return names;
}

struct swept_store {
    temporary_directory at;
    std::unique_ptr<store> opened = open_store(at.path);

    bool has_module(std::string_view content) const {
        return names_in(at.path / "modules").contains(content_digest(bytes_of(content)) + ".so");
    }
    bool has(stored_snapshot const& snapshot) const {
        return names_in(at.path / "snapshots").contains(snapshot.file);
    }
};

}  // namespace

TEST_CASE("store: a sweep keeps what the current and the previous set name, and removes the rest") {
    swept_store s;
    auto const first = put(*s.opened, "cache", "one", "1").value();
    auto const second = put(*s.opened, "cache", "two", "2").value();
    s.opened->sweep();
    CHECK(s.has_module("one"));
    CHECK(s.has(first.components[0].snapshot));
    auto const third = put(*s.opened, "cache", "three", "3").value();
    s.opened->sweep();
    CHECK_FALSE(s.has_module("one"));
    CHECK_FALSE(s.has(first.components[0].snapshot));
    CHECK((s.has_module("two") && s.has_module("three")));
    CHECK((s.has(second.components[0].snapshot) && s.has(third.components[0].snapshot)));
}

TEST_CASE("store: a sweep keeps the modules of a path and of a revert") {
    swept_store s;
    put(*s.opened, "cache", "one", "1").value();
    auto const on_path = s.opened->keep_module(bytes_of("on the path")).value();
    auto const before = s.opened->keep_module(bytes_of("before")).value();
    auto const edit = [&](manifest& set) {
        set.components[0].path_modules = {on_path};
        set.components[0].previous.digest = before;
    };
    for (int i = 0; i != 3; ++i) REQUIRE(s.opened->commit(edit).has_value());
    s.opened->sweep();
    CHECK((s.has_module("one") && s.has_module("on the path") && s.has_module("before")));
}

TEST_CASE("store: a signature is kept next to its module, replaced by a newer one, and swept with it") {
    swept_store s;
    put(*s.opened, "cache", "one", "1").value();
    auto const digest = s.opened->keep_module(bytes_of("two"), bytes_of("signed")).value();
    auto const signature = fs::path(s.opened->module(digest).value().string() + ".sig");
    CHECK(fs::file_size(signature) == 6);
    REQUIRE(s.opened->keep_module(bytes_of("two"), bytes_of("signed anew")).has_value());
    CHECK(fs::file_size(signature) == 11);
    auto const edit = [&](std::string const& of) {
        return [of](manifest& set) { set.components[0].previous.digest = of; };
    };
    REQUIRE(s.opened->commit(edit(digest)).has_value());
    s.opened->sweep();
    CHECK(fs::exists(signature));
    // Neither the current set nor the one before must name it.
    for (int i = 0; i != 2; ++i) REQUIRE(s.opened->commit(edit("")).has_value());
    s.opened->sweep();
    CHECK_FALSE(s.has_module("two"));
    CHECK_FALSE(fs::exists(signature));
}

TEST_CASE(
    "store: what is on its way into a set stays until it was refused or given up, and what is in one stays") {
    swept_store s;
    put(*s.opened, "cache", "one", "1").value();
    auto const refused = s.opened->write_snapshot("cache", 1, {bytes_of("a")}).value();
    auto const given_up = s.opened->write_snapshot("cache", 1, {bytes_of("b")}).value();
    REQUIRE(s.opened->keep_module(bytes_of("two")).has_value());
    s.opened->sweep();
    CHECK((s.has(refused) && s.has(given_up) && s.has_module("two")));
    CHECK_FALSE(s.opened
                    ->commit([&](manifest& set) {
                        set.components[0].snapshot = refused;
                        set.components[0].schema.assign(20'000'000, 'x');
                    })
                    .has_value());
    s.opened->give_up(given_up);
    CHECK_FALSE(s.has(given_up));
    s.opened->give_up(s.opened->read().value().current.components[0].snapshot);
    s.opened->sweep();
    CHECK_FALSE(s.has(refused));
    CHECK(s.has(s.opened->read().value().current.components[0].snapshot));
    CHECK(s.has_module("two"));
    s.opened.reset();
    s.opened = open_store(s.at.path);
    s.opened->sweep();
    CHECK_FALSE(s.has_module("two"));
    CHECK(s.has_module("one"));
}

TEST_CASE("store: a sweep keeps the modules of an operation until it has ended, also after a restart") {
    swept_store s;
    auto const from = s.opened->keep_module(bytes_of("from")).value();
    auto const to = s.opened->keep_module(bytes_of("to")).value();
    auto const id = s.opened->note_intent({"swap", {{"cache", from, "1.0.0", to, "2.0.0"}}}).value();
    s.opened.reset();
    s.opened = open_store(s.at.path);
    s.opened->sweep();
    CHECK((s.has_module("from") && s.has_module("to")));
    REQUIRE(s.opened->note_outcome(id, "rolled back").has_value());
    s.opened->sweep();
    CHECK_FALSE((s.has_module("from") || s.has_module("to")));
}

TEST_CASE("store: a set that names a file which was swept, or never kept, is not committed") {
    swept_store s;
    auto const first = put(*s.opened, "cache", "one", "1").value();
    auto const to = s.opened->keep_module(bytes_of("two")).value();
    auto const id = s.opened->note_intent({"swap", {{"cache", {}, "1.0.0", to, "2.0.0"}}}).value();
    auto const snapshot = s.opened->write_snapshot("cache", 1, {bytes_of("2")}).value();
    REQUIRE(s.opened->note_outcome(id, "refused").has_value());
    s.opened->give_up(snapshot);
    s.opened->sweep();
    auto const with = [&](auto edit) {
        auto const done = s.opened->commit([&](manifest& set) { edit(set.components[0]); });
        return done ? errc{} : done.error().code;
    };
    CHECK(with([&](stored_component& entry) { entry.digest = to; }) == errc::invalid_argument);
    CHECK(with([&](stored_component& entry) { entry.snapshot = snapshot; }) == errc::invalid_argument);
    CHECK(s.opened->read().value().current == first);
    fs::remove(s.at.path / "snapshots" / first.components[0].snapshot.file);
    CHECK(put(*s.opened, "sessions", "three", "3").has_value());
}

TEST_CASE("store: a sweep touches nothing while a manifest is damaged, and never a stranger's file") {
    swept_store s;
    auto const first = put(*s.opened, "cache", "one", "1").value();
    put(*s.opened, "cache", "two", "2").value();
    put(*s.opened, "cache", "three", "3").value();
    auto const whole = read_file(s.at.path / "manifest.previous");
    write_file(s.at.path / "manifest.previous", "rubbish");
    write_file(s.at.path / "modules" / "README", "hands off");
    s.opened->sweep();
    CHECK(s.has(first.components[0].snapshot));
    write_file(s.at.path / "manifest.previous", whole);
    s.opened->sweep();
    CHECK_FALSE(s.has(first.components[0].snapshot));
    CHECK(fs::exists(s.at.path / "modules" / "README"));
}

TEST_CASE("store: files that were never finished are removed when it is opened") {
    swept_store s;
    s.opened.reset();
    for (auto const* const within : {".", "modules", "snapshots"})
        write_file(s.at.path / within / ".new-1-1", "half a fi");
    s.opened = open_store(s.at.path);
    for (auto const* const within : {".", "modules", "snapshots"})
        CHECK_FALSE(fs::exists(s.at.path / within / ".new-1-1"));
}

TEST_CASE(
    "store: a process that died between the two steps of a commit leaves nothing that the next one minds") {
    swept_store s;
    put(*s.opened, "cache", "one", "1").value();
    auto const second = put(*s.opened, "cache", "two", "2").value();
    // The set was kept as the previous one, and its successor was never written.
    fs::remove(s.at.path / "manifest.previous");
    fs::create_hard_link(s.at.path / "manifest", s.at.path / "manifest.previous");
    CHECK_FALSE(s.opened->read().value().previous.has_value());
    auto const third = put(*s.opened, "cache", "three", "3").value();
    CHECK(s.opened->read().value().current == third);
    CHECK(s.opened->read().value().previous == second);
    CHECK(names_in(s.at.path) ==
          std::set<std::string>{"lock", "manifest", "manifest.previous", "modules", "snapshots"});
}

TEST_CASE("store: snapshots' numbers are never used twice, even after all of them are gone") {
    swept_store s;
    auto const first = put(*s.opened, "cache", "one", "1").value();
    auto const lost = s.opened->write_snapshot("cache", 1, {bytes_of("lost")}).value();
    auto const id = s.opened->note_intent({"swap", {{"cache", {}, {}, {}, {}}}}).value();
    REQUIRE(s.opened->note_outcome(id, "refused").has_value());
    CHECK(lost.sequence > first.components[0].snapshot.sequence);
    s.opened.reset();
    fs::remove(s.at.path / "snapshots" / lost.file);
    s.opened = open_store(s.at.path);
    CHECK(s.opened->write_snapshot("cache", 1, {}).value().sequence > lost.sequence);
}

TEST_CASE("store: the journal tells what began and how it ended, and forgets the oldest that have ended") {
    swept_store s;
    put(*s.opened, "cache", "one", "1").value();
    intent const what{"swap", {{"cache", "from", "1.0.0", "to", "2.0.0"}}};
    auto const open_one = s.opened->note_intent(what).value();
    std::uint64_t last = 0;
    for (int i = 0; i != 100; ++i) {
        last = s.opened->note_intent(what).value();
        REQUIRE(s.opened->note_outcome(last, std::string(2000, 'x')).has_value());
    }
    CHECK_FALSE(s.opened->note_outcome(last, "again").has_value());
    CHECK_FALSE(s.opened->note_outcome(12345, "never began").has_value());
    s.opened.reset();
    s.opened = open_store(s.at.path);
    auto const entries = s.opened->read().value().journal;
    REQUIRE(entries.size() == 33);
    CHECK(entries[0].id == open_one);
    CHECK(entries[0].unfinished());
    CHECK(entries[0].what == what);
    CHECK(entries[0].manifest_number == 1);
    CHECK(entries[32].id == last);
    CHECK(entries[32].outcome == std::string(1024, 'x'));
    CHECK(s.opened->note_intent(what).value() > last);
}

TEST_CASE("store: components that are committed from several threads at once are all in the set") {
    swept_store s;
    constexpr int rounds = 20;
    std::vector<std::thread> threads;
    for (std::string const name : {"a", "b", "c", "d"})
        threads.emplace_back([&s, name] {
            for (int i = 1; i <= rounds; ++i) {
                auto const id = s.opened->note_intent({"swap", {{name, {}, {}, {}, {}}}});
                auto const text = name + std::to_string(i);
                bool good = id && put(*s.opened, name, text, text);
                good = good && s.opened->note_outcome(*id, "committed");
                s.opened->sweep();
                if (!good) return;
            }
        });
    for (auto& each : threads) each.join();
    auto const found = s.opened->read().value();
    CHECK(found.current.number == 4 * rounds);
    REQUIRE(found.current.components.size() == 4);
    for (auto const& each : found.current.components) {
        auto const text = each.name + std::to_string(rounds);
        CHECK(text_of(s.opened->read_snapshot(each).value()) == text);
        CHECK(read_file(s.opened->module(each.digest).value()) == text);
    }
}
