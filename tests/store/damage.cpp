// Every alteration of a store is detected, and an intact set is used instead.
#include "store_fixture.hpp"

#include <sys/stat.h>

#include <array>

using namespace hotswap;
using namespace hotswap::detail;

namespace {

/// Two sets: "first", then "second".
struct two_sets {
    temporary_directory at;
    manifest first, second;
    std::unique_ptr<store> opened = open_store(at.path);
    two_sets() {
        first = put(*opened, "cache", "module one", "state one").value();
        second = put(*opened, "cache", "module two", "state two").value();
    }
    fs::path newest() const { return at.path / "manifest"; }
    fs::path previous() const { return at.path / "manifest.previous"; }
    fs::path snapshot(manifest const& of) const {
        return at.path / "snapshots" / of.components.at(0).snapshot.file;
    }
};

/// Calls `f` for each way to flip one bit of `whole`, and to cut it; the file is restored afterwards.
template <class F>
void for_each_alteration(fs::path const& file, F&& f) {
    auto const whole = read_file(file);
    for (std::size_t i = 0; i != whole.size() * 8; ++i) {
        auto altered = whole;
        altered[i / 8] = static_cast<char>(altered[i / 8] ^ (1 << (i % 8)));
        write_file(file, altered);
        CAPTURE(i);
        f();
    }
    for (std::size_t length = 0; length != whole.size(); ++length) {
        write_file(file, std::string_view(whole).substr(0, length));
        CAPTURE(length);
        f();
    }
    write_file(file, whole + '\0');
    f();
    write_file(file, whole);
}

template <class T>
errc code_of(result<T> const& got) {
    return got ? errc{} : got.error().code;
}

}  // namespace

TEST_CASE(
    "store: a manifest with any bit flipped or cut anywhere gives way to the one before it, and it is said") {
    two_sets const store;
    for_each_alteration(store.newest(), [&] {
        auto const found = store.opened->read();
        REQUIRE(found.has_value());
        REQUIRE(found->current == store.first);
        REQUIRE_FALSE(found->notes.empty());
        REQUIRE(found->notes.at(0).find(store.newest().string()) != std::string::npos);
    });
    auto const found = store.opened->read();
    REQUIRE(found.has_value());
    CHECK(found->current == store.second);
    CHECK(found->notes.empty());
}

TEST_CASE("store: with the previous manifest altered the newest is used, and it is said") {
    two_sets const store;
    for_each_alteration(store.previous(), [&] {
        auto const found = store.opened->read();
        REQUIRE(found.has_value());
        REQUIRE(found->current == store.second);
        REQUIRE_FALSE(found->previous.has_value());
        REQUIRE(found->notes.size() == 1);
    });
}

TEST_CASE("store: with both manifests damaged nothing is read, nothing committed and nothing removed") {
    two_sets const store;
    write_file(store.newest(), read_file(store.newest()).substr(1));
    write_file(store.previous(), "");
    REQUIRE(code_of(store.opened->read()) == errc::store_damaged);
    CHECK(code_of(put(*store.opened, "cache", "module three", "state three")) == errc::store_damaged);
    store.opened->sweep();
    CHECK(fs::exists(store.snapshot(store.first)));
    CHECK(fs::exists(store.snapshot(store.second)));
    CHECK(read_file(store.previous()).empty());
}

TEST_CASE("store: a commit after a damaged manifest keeps the whole one as the previous") {
    two_sets const store;
    write_file(store.newest(), "rubbish");
    REQUIRE(store.opened->read().value().current == store.first);
    auto const third = put(*store.opened, "cache", "module three", "state three").value();
    CHECK(third.number > store.second.number);
    auto const found = store.opened->read().value();
    CHECK(found.current == third);
    CHECK(found.previous == store.first);
    CHECK(found.notes.empty());
}

TEST_CASE("store: a manifest that was damaged while the host ran does not become the previous one") {
    two_sets const store;
    write_file(store.newest(), "rubbish");
    auto const third = put(*store.opened, "cache", "module three", "state three").value();
    auto const found = store.opened->read().value();
    CHECK(found.current == third);
    CHECK(found.previous == store.first);
}

TEST_CASE("store: an old manifest that is put back is noticed by its number") {
    two_sets const store;
    auto const oldest = read_file(store.previous());
    auto const third = put(*store.opened, "cache", "module three", "state three").value();
    write_file(store.newest(), oldest);
    auto const found = store.opened->read().value();
    CHECK(found.current == store.second);
    REQUIRE_FALSE(found.notes.empty());
    CHECK(found.notes.at(0).find("old file") != std::string::npos);
}

TEST_CASE("store: an old pair of manifests that is put back is noticed by the journal") {
    two_sets const store;
    auto const newest = read_file(store.newest());
    auto const previous = read_file(store.previous());
    put(*store.opened, "cache", "module three", "state three").value();
    auto const id = store.opened->note_intent({"swap", {{"cache", {}, {}, {}, {}}}}).value();
    REQUIRE(store.opened->note_outcome(id, "refused").has_value());
    CHECK(store.opened->read().value().notes.empty());
    write_file(store.newest(), newest);
    write_file(store.previous(), previous);
    auto const found = store.opened->read().value();
    CHECK(found.current == store.second);
    REQUIRE(found.notes.size() == 1);
    CHECK(found.notes.at(0).find("set 3 was committed") != std::string::npos);
}

TEST_CASE("store: a snapshot with any bit flipped or cut anywhere is damaged, the previous set's is not") {
    two_sets const store;
    for_each_alteration(store.snapshot(store.second), [&] {
        REQUIRE(code_of(store.opened->read_snapshot(store.second.components[0])) == errc::store_damaged);
    });
    CHECK(text_of(store.opened->read_snapshot(store.second.components[0]).value()) == "state two");
    CHECK(text_of(store.opened->read().value().previous.has_value()
                      ? store.opened->read_snapshot(store.first.components[0]).value()
                      : std::vector<std::byte>()) == "state one");
}

TEST_CASE("store: an older snapshot, another component's, and one that is gone are each refused by name") {
    two_sets const store;
    auto const other = put(*store.opened, "sessions", "module two", "state two").value();
    auto const wanted = store.second.components[0];
    auto const refusal = [&](std::string_view content) {
        write_file(store.snapshot(store.second), content);
        auto const got = store.opened->read_snapshot(wanted);
        REQUIRE(code_of(got) == errc::store_damaged);
        CHECK(got.error().message.find(wanted.snapshot.file) != std::string::npos);
        return got.error().message;
    };
    CHECK(refusal(read_file(store.snapshot(store.first))).find("it is snapshot 1, the set names 2") !=
          std::string::npos);
    CHECK(refusal(read_file(store.at.path / "snapshots" / other.components.at(1).snapshot.file))
              .find("\"sessions\", not \"cache\"") != std::string::npos);
    sealer const seals{{}};
    auto const forged = seals.seal("snapshot", 2, "cache", std::array{bytes_of("state 222")}) + "state 222";
    CHECK(refusal(forged).find("not the file that the set names") != std::string::npos);
    CHECK(refusal(read_file(store.newest())).find("it is a manifest") != std::string::npos);
    CHECK(refusal("").find("does not begin with the seal") != std::string::npos);
    fs::remove(store.snapshot(store.second));
    CHECK(store.opened->read_snapshot(wanted).error().message.find("missing") != std::string::npos);
    fs::create_symlink(store.snapshot(store.first), store.snapshot(store.second));
    CHECK(code_of(store.opened->read_snapshot(wanted)) == errc::store_damaged);
    fs::remove(store.snapshot(store.second));
    REQUIRE(mkfifo(store.snapshot(store.second).c_str(), 0600) == 0);
    CHECK(code_of(store.opened->read_snapshot(wanted)) == errc::store_damaged);
    fs::remove(store.snapshot(store.second));
    fs::create_directory(store.snapshot(store.second));
    CHECK(code_of(store.opened->read_snapshot(wanted)) == errc::store_damaged);
}

TEST_CASE("store: a module with any bit flipped or cut anywhere is not handed out, and keeping it fixes it") {
    two_sets const store;
    auto const digest = store.second.components[0].digest;
    auto const file = store.opened->module(digest).value();
    for_each_alteration(file, [&] { REQUIRE(code_of(store.opened->module(digest)) == errc::store_damaged); });
    write_file(file, "module 2");
    REQUIRE(store.opened->keep_module(bytes_of("module two")).value() == digest);
    CHECK(read_file(store.opened->module(digest).value()) == "module two");
    fs::remove(file);
    CHECK(code_of(store.opened->module(digest)) == errc::store_damaged);
    CHECK(code_of(store.opened->module("../manifest")) == errc::invalid_argument);
}

TEST_CASE(
    "store: a journal with any bit flipped or cut anywhere is said to be damaged, and the set is untouched") {
    temporary_directory const at;
    auto opened = open_store(at.path);
    auto const set = put(*opened, "cache", "module one", "state one").value();
    REQUIRE(opened->note_intent({"swap", {{"cache", "from", "1.0.0", "to", "2.0.0"}}}).has_value());
    opened.reset();
    for_each_alteration(at.path / "journal", [&] {
        auto const again = open_store(at.path);
        auto const found = again->read();
        REQUIRE(found.has_value());
        REQUIRE(found->current == set);
        REQUIRE(found->notes.size() == 1);
        REQUIRE(found->journal.empty());
    });
    CHECK(open_store(at.path)->read().value().journal.size() == 1);
}

TEST_CASE("store: a manifest with a right checksum and a wrong text is damaged") {
    temporary_directory const at;
    auto const opened = open_store(at.path);
    auto const set = put(*opened, "cache", "module one", "state one").value();
    sealer const seals{{}};
    auto const whole = read_file(at.path / "manifest");
    auto const text = whole.substr(whole.find('\n') + 1);
    auto const read = [&](std::string const& body) {
        write_file(at.path / "manifest", seals.seal("manifest", 1, {}, std::array{bytes_of(body)}) + body);
        return code_of(opened->read());
    };
    auto const replaced = [&](std::string_view what, std::string_view by) {
        auto changed = text;
        auto const found = changed.find(what);
        REQUIRE(found != std::string::npos);
        return changed.replace(found, what.size(), by);
    };
    CHECK(read(text) == errc{});
    CHECK(read("") == errc::store_damaged);
    CHECK(read("null") == errc::store_damaged);
    CHECK(read(std::string(100'000, '[')) == errc::store_damaged);
    CHECK(read(text + text) == errc::store_damaged);
    CHECK(read(replaced("\"number\":1", "\"number\":2")) == errc::store_damaged);
    CHECK(read(replaced("\"number\":1", "\"number\":-1")) == errc::store_damaged);
    CHECK(read(replaced("\"generation\":0", "\"generation\":1e300")) == errc::store_damaged);
    CHECK(read(replaced("\"generation\":0", "\"generation\":\"0\"")) == errc::store_damaged);
    CHECK(read(replaced("\"generation\"", "\"generations\"")) == errc::store_damaged);
    CHECK(read(replaced("\"file\":\"cache", "\"file\":\"../cache")) == errc::store_damaged);
    CHECK(read(replaced("\"file\":\"cache", "\"file\":\".cache")) == errc::store_damaged);
    CHECK(read(replaced("\"digest\":\"", "\"digest\":\"../")) == errc::store_damaged);
    CHECK(read(replaced("\"name\":\"cache\"", "\"name\":\"\"")) == errc::store_damaged);
    auto const entry = text.substr(text.find('{', 1), text.rfind(']') - text.find('{', 1));
    CHECK(read(replaced("[{", "[" + entry + ",{")) == errc::store_damaged);
    CHECK(read(replaced("\"size\":9", "\"size\":18446744073709551615")) == errc{});
    CHECK(code_of(opened->read_snapshot(opened->read().value().current.components.at(0))) ==
          errc::store_damaged);
}

TEST_CASE("store: numbers decide which of two sets is newer, whatever the clock said") {
    temporary_directory const at;
    sealer const seals{{}};
    manifest older, newer;
    older.number = 7;
    older.written_ns = INT64_MAX;
    newer.number = 8;
    newer.written_ns = -1;
    {
        auto const opened = open_store(at.path);
        write_file(at.path / "manifest", write_manifest(newer, seals).value());
        write_file(at.path / "manifest.previous", write_manifest(older, seals).value());
        CHECK(opened->read().value().current == newer);
        CHECK(opened->read().value().notes.empty());
    }
    auto const opened = open_store(at.path);
    auto const next = put(*opened, "cache", "module", "state").value();
    CHECK(next.number == 9);
    CHECK(opened->read().value().previous == newer);
}

TEST_CASE("store: what could not be read again is not committed") {
    temporary_directory const at;
    auto const opened = open_store(at.path);
    auto const set = put(*opened, "cache", "module one", "state one").value();
    auto const with = [&](auto edit) { return code_of(opened->commit([&](manifest& next) { edit(next); })); };
    CHECK(with([](manifest& next) { next.components[0].name.clear(); }) == errc::invalid_argument);
    CHECK(with([](manifest& next) { next.components[0].digest.clear(); }) == errc::invalid_argument);
    CHECK(with([](manifest& next) { next.components[0].digest = "cache"; }) == errc::invalid_argument);
    CHECK(with([](manifest& next) { next.components[0].snapshot.file = "../x"; }) == errc::invalid_argument);
    CHECK(with([](manifest& next) { next.components.push_back(next.components[0]); }) ==
          errc::invalid_argument);
    CHECK(with([](manifest& next) { next.components[0].source.assign(20'000'000, 'x'); }) ==
          errc::invalid_argument);
    CHECK_THROWS(static_cast<void>(opened->commit([](manifest&) { throw 1; })));
    CHECK(opened->read().value().current == set);
    CHECK(code_of(opened->write_snapshot(std::string(10'000, 'x'), 1, {})) == errc::invalid_argument);
}
