// A reopened store has everything that was put into it.
#include "store_fixture.hpp"

#include <hotswap/detail/base/errc.hpp>

using namespace hotswap;
using namespace hotswap::detail;

TEST_CASE("store: a new one is empty, with nothing to say about it") {
    temporary_directory const at;
    auto const opened = open_store(at.path / "deep" / "store");
    auto const found = opened->read();
    REQUIRE(found.has_value());
    CHECK(found->current == manifest());
    CHECK_FALSE(found->previous.has_value());
    CHECK(found->notes.empty());
    CHECK(found->journal.empty());
    CHECK((fs::status(at.path / "deep" / "store").permissions() & fs::perms::all) == fs::perms::owner_all);
}

TEST_CASE("store: every field of a set, a module and a snapshot come back after reopening") {
    temporary_directory const at(fs::temp_directory_path());
    manifest written;
    {
        auto const opened = open_store(at.path);
        auto const module = opened->keep_module(bytes_of("module one"));
        auto const before = opened->keep_module(bytes_of("module zero"));
        auto const snapshot =
            opened->write_snapshot("a/b \"c\"\n\xff", 3, {bytes_of("head"), bytes_of("payload")});
        REQUIRE((module && before && snapshot));
        stored_component entry;
        entry.name = "a/b \"c\"\n\xff";
        entry.contract = "shop.cache";
        entry.contract_number = 7;
        entry.family = "cache";
        entry.source = "/some/where/cache-2.0.0.so";
        entry.module_name = "cache-2.0.0.so";
        entry.digest = *module;
        entry.release = "2.0.0";
        entry.schema = "shop.cache.state";
        entry.schema_version = 4;
        entry.generation = UINT64_MAX;
        entry.snapshot = *snapshot;
        entry.path_modules = {*before};
        entry.arguments = {{"rate", "5"}, {"", "x"}};
        entry.previous = {*before, "1.0.0", "/some/where/cache-1.0.0.so"};
        entry.rolled_back_digest = "not looked at";
        entry.rolled_back_reason = "it was slow";
        auto const committed = opened->commit([&](manifest& set) { set.components = {entry}; });
        REQUIRE(committed.has_value());
        written = *committed;
        CHECK(written.number == 1);
        CHECK(written.components == std::vector{entry});
    }
    auto const opened = open_store(at.path);
    auto const found = opened->read();
    REQUIRE(found.has_value());
    CHECK(found->notes.empty());
    CHECK(found->current == written);
    auto const& entry = found->current.components.at(0);
    auto const frame = opened->read_snapshot(entry);
    REQUIRE_MESSAGE(frame.has_value(), frame.error().message);
    CHECK(text_of(*frame) == "headpayload");
    auto const module = opened->module(entry.digest);
    REQUIRE(module.has_value());
    CHECK(read_file(*module) == "module one");
    CHECK(read_file(opened->module(entry.previous.digest).value()) == "module zero");
}

TEST_CASE("store: a relative directory stays the same one when the process changes its own") {
    temporary_directory const at;
    auto const before = fs::current_path();
    fs::current_path(at.path);
    auto const opened = open_store("store");
    fs::current_path(before);
    auto const set = put(*opened, "cache", "module", "state").value();
    CHECK(opened->module(set.components.at(0).digest).value().parent_path() == at.path / "store" / "modules");
}
