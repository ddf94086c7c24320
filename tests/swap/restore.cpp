#include "swap/fixture.hpp"

#include <atomic>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;
using path = std::vector<std::uint32_t>;

namespace {

hotswap::failure refused(site& at, std::span<std::byte const> frame,
                         hotswap::restore_options const& options = {}) {
    auto const report = at.runtime.restore("tally", frame, options);
    REQUIRE(report.has_error());
    CHECK(report.error().old_serving);
    CHECK(report.error().component == "tally");
    return report.error();
}

}  // namespace

TEST_CASE("restore: puts a snapshot back under the running module") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    sums->add("a", 1);
    auto const frame = at.snapshot("tally");
    sums->add("a", 10);
    sums->add("b", 10);

    auto const report = at.runtime.restore("tally", frame).value();

    CHECK(report.path == path{2});
    CHECK(report.to.release == "2.0.0");
    CHECK(report.to.generation == 2);
    CHECK(sums->total("a") == 1);
    CHECK(sums->total("b") == 0);
    CHECK(sums->calls() == 1);
    CHECK(at.snapshot("tally") == frame);
    CHECK(at.runtime.restore("tally", frame).value().to.generation == 3);
    CHECK(sums->add("a", 1) == 2);
}

TEST_CASE("restore: an older snapshot is migrated") {
    site at;
    auto const sums = at.load("tally", tally_file("0.1.0"));
    sums->add("a", 1);
    auto const legacy = at.snapshot("tally");
    at.swap("tally", tally_file("1.0.0"));
    auto const first = at.snapshot("tally");
    at.swap("tally", tally_file("3.0.0"));
    sums->add("a", 10);

    CHECK(at.runtime.restore("tally", first, {.arguments = {{"label", "again"}}}).value().path ==
          path{1, 2, 3});
    CHECK(sums->total("a") == 1);
    CHECK(sums->label() == "again");
    CHECK(at.runtime.restore("tally", legacy).value().path == path{0, 1, 2, 3});
    CHECK(sums->total("a") == 1);
}

TEST_CASE("restore: a snapshot of a newer release than the running one is refused") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    auto const newer = at.snapshot("tally");
    at.swap("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    untouched before(at, "tally");
    auto const why = refused(at, newer);
    CHECK(why.code == errc::no_migration_path);
    CHECK(why.phase == phase::plan);
    CHECK(names(why.message, {"tally-1.0.0.so", "test.tally 2"}));
    before.check();
}

TEST_CASE("restore: a snapshot of another component is refused") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const other = at.load("other", built("tally_other_schema", "1.0.0"));
    auto const frame = at.snapshot("other");
    untouched before(at, "tally");
    auto const why = refused(at, frame);
    CHECK(why.code == errc::schema_mismatch);
    CHECK(names(why.message, {"test.tally 1", "test.other 1"}));
    before.check();
}

TEST_CASE("restore: a snapshot of a state that was edited since is refused") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const edited = at.load("edited", built("tally_edited", "1.5.0"));
    auto const frame = at.snapshot("edited");
    untouched before(at, "tally");
    CHECK(refused(at, frame).code == errc::layout_changed);
    before.check();
}

TEST_CASE("restore: bytes that are no whole snapshot are refused") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    auto const frame = at.snapshot("tally");
    untouched before(at, "tally");

    auto cut = frame;
    cut.pop_back();
    auto altered = frame;
    altered.back() ^= std::byte{1};
    for (auto const& bytes : {cut, altered, std::vector<std::byte>{}}) {
        auto const why = refused(at, bytes);
        CHECK(why.code == errc::bad_snapshot);
        CHECK(why.phase == phase::verify);
    }
    CHECK(refused(at, bytes_of("a=1\n")).code == errc::bad_snapshot);
    before.check();
    at.runtime.restore("tally", frame).value();
}

TEST_CASE("restore: a state that the component does not accept is refused before any caller waits") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    sums->add("forbidden", 1);
    auto const frame = at.snapshot("tally");
    at.runtime.restore("tally", frame).value();
    REQUIRE(at.runtime.unload("tally").has_value());
    auto const again = at.load("tally", tally_file("3.0.0"));
    untouched before(at, "tally");
    auto const why = refused(at, frame);
    CHECK(why.code == errc::validation_failed);
    CHECK(why.phase == phase::migrate);
    CHECK(names(why.message, {"tally-3.0.0.so", "the key \"forbidden\" is in it"}));
    before.check();
}

TEST_CASE("restore: under load every call is answered, and the sum starts again from the snapshot") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    auto const empty = at.snapshot("tally");
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> answered{0};
    std::thread caller([&] {
        while (!stop) {
            sums->add("a", 1);
            ++answered;
        }
    });
    for (int i = 0; i != 50; ++i) REQUIRE(at.runtime.restore("tally", empty).has_value());
    stop = true;
    caller.join();
    CHECK(sums->total("a") <= answered);
    at.runtime.restore("tally", empty).value();
    CHECK(sums->total("a") == 0);
}

TEST_CASE("restore: waits for leases no longer than it may") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const frame = at.snapshot("tally");
    {
        lease_elsewhere const held(sums);
        CHECK(refused(at, frame, {.drain_deadline = 1ms}).code == errc::drain_timeout);
    }
    at.runtime.restore("tally", frame).value();
}

TEST_CASE("restore: the report has the state before if the options keep it, and that leads back") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    auto const frame = at.snapshot("tally");
    sums->add("a", 7);
    auto const before = at.snapshot("tally");
    CHECK(at.runtime.restore("tally", before).value().replaced.empty());
    auto const report = at.runtime.restore("tally", frame, {.keep_replaced = true}).value();
    CHECK(sums->total("a") == 0);
    CHECK(report.replaced == before);
    at.runtime.restore("tally", report.replaced).value();
    CHECK(sums->total("a") == 7);
}
