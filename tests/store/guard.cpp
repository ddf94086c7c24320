// A commit loses no entry that its process has not read.
#include "store_fixture.hpp"

using namespace hotswap;
using namespace hotswap::detail;

namespace {

struct two_entries {
    temporary_directory at;
    std::unique_ptr<store> opened;
    two_entries() {
        {
            auto const first = open_store(at.path);
            put(*first, "a", "module", "state of a").value();
            put(*first, "b", "module", "state of b").value();
        }
        opened = std::move(*store::open({at.path, {}}));
    }
};

}  // namespace

TEST_CASE(
    "store: an entry for which this process does not vouch is neither replaced nor dropped, and is named") {
    two_entries s;
    auto const before = read_file(s.at.path / "manifest");
    auto const replaced = put(*s.opened, "a", "module", "another state");
    REQUIRE(replaced.has_error());
    CHECK(replaced.error().code == errc::invalid_argument);
    CHECK(replaced.error().message.find("the state of \"a\"") != std::string::npos);
    auto const dropped = s.opened->commit([](manifest& set) { set.components.pop_back(); });
    REQUIRE(dropped.has_error());
    CHECK(dropped.error().message.find("\"b\"") != std::string::npos);
    CHECK(read_file(s.at.path / "manifest") == before);
    // A process may add a new entry, and may change the entries that it added.
    CHECK(put(*s.opened, "c", "module", "first").has_value());
    CHECK(put(*s.opened, "c", "module", "second").has_value());
    s.opened->vouch_for("a");
    CHECK(put(*s.opened, "a", "module", "another state").has_value());
    s.opened->vouch_for_none();
    CHECK(put(*s.opened, "a", "module", "yet another").has_error());
}

TEST_CASE("store: an entry that was unloaded may be replaced") {
    two_entries s;
    s.opened->vouch_for("a");
    REQUIRE(s.opened->commit([](manifest& set) { set.find("a")->unloaded = 1; }).has_value());
    s.opened.reset();
    s.opened = std::move(*store::open({s.at.path, {}}));
    CHECK(put(*s.opened, "a", "module", "state").has_value());
}

TEST_CASE("store: what was set aside stays, whatever is committed and swept") {
    two_entries s;
    auto const entry = *s.opened->current().find("a");
    REQUIRE(s.opened->set_aside(entry).has_value());
    REQUIRE(s.opened->set_aside(entry).has_value());
    for (auto const* const name : {"a", "b"}) s.opened->vouch_for(name);
    for (int i = 0; i != 3; ++i)
        REQUIRE(s.opened->commit([](manifest& set) { set.components.clear(); }).has_value());
    s.opened->sweep();
    CHECK_FALSE(fs::exists(s.at.path / "snapshots" / entry.snapshot.file));
    CHECK(read_file(s.at.path / "aside" / entry.snapshot.file).ends_with("state of a"));
    CHECK(read_file(s.at.path / "aside" / (entry.digest + ".so")) == "module");
}

TEST_CASE("store: a way back is kept as long as its generation is on probation") {
    two_entries s;
    s.opened->vouch_for("a");
    auto const swapped = s.opened->write_snapshot("a", 1, {bytes_of("as of the swap")}).value();
    REQUIRE(s.opened
                ->commit([&](manifest& set) {
                    auto& entry = *set.find("a");
                    entry.on_probation = 1;
                    entry.snapshot = entry.way_back.snapshot = swapped;
                })
                .has_value());
    for (int i = 0; i != 3; ++i) {
        auto const later = s.opened->write_snapshot("a", 1, {bytes_of("later")}).value();
        REQUIRE(s.opened->commit([&](manifest& set) { set.find("a")->snapshot = later; }).has_value());
        s.opened->sweep();
    }
    CHECK(fs::exists(s.at.path / "snapshots" / swapped.file));
    for (int i = 0; i != 2; ++i)
        REQUIRE(s.opened->commit([](manifest& set) { set.find("a")->way_back = {}; }).has_value());
    s.opened->sweep();
    CHECK_FALSE(fs::exists(s.at.path / "snapshots" / swapped.file));
}

TEST_CASE("store: without a manifest that the journal knows of nothing is written") {
    two_entries s;
    s.opened->vouch_for("a");
    auto const id = s.opened->note_intent({"swap", {{"a", {}, {}, {}, {}}}}).value();
    REQUIRE(s.opened->note_outcome(id, "refused").has_value());
    s.opened.reset();
    fs::remove(s.at.path / "manifest");
    fs::remove(s.at.path / "manifest.previous");
    s.opened = std::move(*store::open({s.at.path, {}}));
    CHECK(s.opened->read().error().code == errc::store_damaged);
    CHECK(put(*s.opened, "a", "module", "state").error().code == errc::store_damaged);
}
