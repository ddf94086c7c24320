#include "swap/fixture.hpp"

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;
using path = std::vector<std::uint32_t>;

TEST_CASE("revert: walks the downgrade and keeps what was written since the swap") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    at.swap("tally", tally_file("2.0.0"));
    sums->add("a", 2);
    CHECK(at.status("tally").previous_release == "1.0.0");

    auto const report = at.runtime.revert("tally").value();

    CHECK(report.path == path{2, 1});
    CHECK(report.to.release == "1.0.0");
    CHECK(report.to.generation == 3);
    CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
    CHECK(sums->code() == "tally 1.0.0");
    CHECK(sums->add("a", 4) == 7);
}

TEST_CASE("revert: can be reverted") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    at.swap("tally", tally_file("3.0.0"));
    sums->add("a", 1);
    at.runtime.revert("tally").value();
    sums->add("a", 1);
    CHECK(at.status("tally").previous_release == "3.0.0");

    CHECK(at.runtime.revert("tally").value().path == path{1, 2, 3});
    CHECK(sums->code() == "tally 3.0.0");
    CHECK(sums->add("a", 1) == 3);
}

TEST_CASE("revert: uses the copy that ran before, though the file on disk is gone or another now") {
    temporary_directory modules;
    auto const file = modules.path() / "tally-2.0.0.so";
    fs::copy_file(tally_file("2.0.0"), file);
    site at(modules.path());
    auto const sums = at.load("tally", file);
    sums->add("a", 1);
    auto const digest = at.status("tally").running.digest;
    at.swap("tally", tally_file("3.0.0"));

    SUBCASE("deleted") { fs::remove(file); }
    SUBCASE("replaced") {
        fs::remove(file);
        fs::copy_file(built("tally_rebuilt", "2.0.0"), file);
    }

    auto const report = at.runtime.revert("tally").value();
    CHECK(report.to.digest == digest);
    CHECK(sums->code() == "tally 2.0.0");
    CHECK(sums->total("a") == 1);
    CHECK(at.status("tally").module == file);
}

TEST_CASE("revert: with nothing before, it is refused and touches nothing") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    untouched before(at, "tally");
    auto const report = at.runtime.revert("tally");
    REQUIRE(report.has_error());
    CHECK(report.error().code == errc::not_reversible);
    CHECK(report.error().phase == phase::plan);
    CHECK(report.error().old_serving);
    CHECK(report.error().component == "tally");
    before.check();
}

TEST_CASE("revert: with no downgrade, it is refused and touches nothing") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    at.swap("tally", built("tally_oneway", "2.2.0"));
    sums->add("a", 1);
    untouched before(at, "tally");

    auto const report = at.runtime.revert("tally");

    REQUIRE(report.has_error());
    CHECK(report.error().code == errc::not_reversible);
    CHECK(report.error().phase == phase::plan);
    CHECK(report.error().old_serving);
    CHECK(names(report.error().message, {"tally-1.0.0.so", "2.2.0", "2 → 1"}));
    before.check();
    CHECK(sums->code() == "tally_oneway 2.2.0");
    at.swap("tally", tally_file("3.0.0"));
    CHECK(sums->total("a") == 1);
}

TEST_CASE("revert: a lossy way back needs allow_loss") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    at.swap("tally", built("tally_lossy", "2.1.0"));
    sums->add("a", 1);
    untouched before(at, "tally");

    auto const report = at.runtime.revert("tally");
    REQUIRE(report.has_error());
    CHECK(report.error().code == errc::lossy_refused);
    CHECK(names(report.error().message, {"2 → 1", "allow_loss"}));
    before.check();

    CHECK(at.runtime.revert("tally", {.allow_loss = true}).value().path == path{2, 1});
    CHECK(sums->total("a") == 1);
}

TEST_CASE("revert: a refused swap leaves the way back as it was") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    at.swap("tally", tally_file("2.0.0"));
    at.refusal("tally", built("tally_gap", "9.9.9"));
    at.refusal("tally", built("tally_other_schema", "1.0.0"));
    CHECK(at.runtime.revert("tally").value().to.release == "1.0.0");
}

TEST_CASE("revert: after a handoff it goes back to a state of its own") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    at.swap("tally", tally_file("1.9.0"), {.transfer = hotswap::transfer::handoff});
    sums->add("a", 2);
    auto const* const handed = sums->state_address();
    auto const report = at.runtime.revert("tally").value();
    CHECK(report.transfer == hotswap::transfer::direct);
    CHECK(sums->state_address() != handed);
    CHECK(sums->code() == "tally 1.0.0");
    CHECK(sums->total("a") == 2);
}

TEST_CASE("revert: a restore in between does not change what it goes back to") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    at.swap("tally", tally_file("2.0.0"));
    auto const frame = at.snapshot("tally");
    at.runtime.restore("tally", frame).value();
    CHECK(at.runtime.revert("tally").value().to.release == "1.0.0");
}
