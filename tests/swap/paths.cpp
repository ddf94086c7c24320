#include "swap/fixture.hpp"

using namespace hotswap_test;
using path = std::vector<std::uint32_t>;

namespace {

void replace_atomically(fs::path const& file, fs::path const& by) {
    auto const next = fs::path(file.string() + ".next");
    fs::copy_file(by, next);
    fs::rename(next, file);
}

}  // namespace

TEST_CASE("swap: an upgrade keeps what was written, and the handle reaches the new code") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 3);
    CHECK(sums->code() == "tally 1.0.0");

    auto const report = at.swap("tally", tally_file("2.0.0"));

    CHECK(report.path == path{1, 2});
    CHECK(report.from.release == "1.0.0");
    CHECK(report.from.schema_version == 1);
    CHECK(report.from.generation == 1);
    CHECK(report.to.release == "2.0.0");
    CHECK(report.to.schema_version == 2);
    CHECK(report.to.generation == 2);
    CHECK(sums->code() == "tally 2.0.0");
    CHECK(sums->total("a") == 3);
    CHECK(sums->add("a", 1) == 4);
}

TEST_CASE("swap: a downgrade keeps what was written under the newer release") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    sums->add("a", 3);

    auto const report = at.swap("tally", tally_file("1.0.0"));

    CHECK(report.path == path{2, 1});
    CHECK(sums->code() == "tally 1.0.0");
    CHECK(sums->add("a", 1) == 4);
}

TEST_CASE("swap: a chain of migrations is walked version by version, up and down") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 3);

    CHECK(at.swap("tally", tally_file("3.0.0")).path == path{1, 2, 3});
    sums->add("a", 4);
    CHECK(sums->calls() == 1);
    CHECK(at.swap("tally", tally_file("1.0.0")).path == path{3, 2, 1});
    CHECK(sums->total("a") == 7);
    CHECK(at.swap("tally", tally_file("2.0.0")).path == path{1, 2});
    CHECK(at.swap("tally", tally_file("3.0.0")).path == path{2, 3});
    CHECK(at.swap("tally", tally_file("2.0.0")).path == path{3, 2});
    CHECK(sums->add("a", 1) == 8);
    CHECK(at.status("tally").running.generation == 6);
    CHECK(at.status("tally").swaps == 5);
}

TEST_CASE("swap: a state from before versioning is upgraded, and can go back") {
    site at;
    auto const sums = at.load("tally", tally_file("0.1.0"));
    sums->add("a", 3);
    CHECK(at.status("tally").schema.empty());

    CHECK(at.swap("tally", tally_file("3.0.0")).path == path{0, 1, 2, 3});
    CHECK(at.status("tally").schema == "test.tally");
    sums->add("a", 1);
    CHECK(at.swap("tally", tally_file("0.1.0")).path == path{3, 2, 1, 0});
    CHECK(sums->code() == "tally 0.1.0");
    CHECK(sums->add("a", 1) == 5);
}

TEST_CASE("swap: arguments reach the migrations that take them") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    at.swap("tally", tally_file("3.0.0"), {.arguments = {{"label", "from the host"}}});
    CHECK(sums->label() == "from the host");
}

TEST_CASE("swap: without a module named, the highest release wins: 1.10 is newer than 1.9") {
    temporary_directory modules;
    for (auto const* const release : {"1.0.0", "1.9.0", "1.10.0"}) {
        auto const file = tally_file(release);
        fs::copy_file(file, modules.path() / file.filename());
    }
    site at(modules.path());
    auto const sums = at.load("tally", "tally-1.0.0.so");

    auto const report = at.runtime.swap("tally").value();
    CHECK(report.to.release == "1.10.0");
    CHECK(sums->code() == "tally 1.10.0");
    CHECK(at.status("tally").module.filename() == "tally-1.10.0.so");
}

TEST_CASE("swap: a file of the same release that was rebuilt brings its new code") {
    temporary_directory modules;
    auto const file = modules.path() / "tally-2.0.0.so";
    fs::copy_file(tally_file("2.0.0"), file);
    site at(modules.path());
    auto const sums = at.load("tally", file);
    sums->add("a", 3);

    SUBCASE("replaced atomically, as installers do") {
        replace_atomically(file, built("tally_rebuilt", "2.0.0"));
    }
    SUBCASE("written over in place, as copying does") {
        fs::copy_file(built("tally_rebuilt", "2.0.0"), file, fs::copy_options::overwrite_existing);
    }

    CHECK(sums->code() == "tally 2.0.0");
    auto const report = at.runtime.swap("tally").value();
    CHECK(sums->code() == "tally_rebuilt 2.0.0");
    CHECK(sums->total("a") == 3);
    CHECK(report.from.release == report.to.release);
    CHECK(report.from.digest != report.to.digest);
    CHECK(report.from.build_id != report.to.build_id);
    CHECK(report.path == path{2});
    CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
}

TEST_CASE(
    "swap: the same file again makes a new generation of it where that is asked for, on a state of its own") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 3);
    auto const* const before = sums->state_address();

    auto how = hotswap::transfer::direct;
    SUBCASE("read where it lies") {}
    SUBCASE("through the serialized form") { how = hotswap::transfer::snapshot; }

    auto const report = at.swap("tally", tally_file("1.0.0"), {.transfer = how, .even_if_unchanged = true});

    CHECK(report.same_content);
    CHECK(report.transfer == how);
    CHECK((report.of(hotswap::phase::export_).bytes > 0) == (how == hotswap::transfer::snapshot));
    CHECK(report.to.generation == 2);
    CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
    CHECK(sums->state_address() != before);
    CHECK(sums->add("a", 1) == 4);
}

TEST_CASE("swap: only the running generation's file stays mapped") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const mapped = at.mappings();
    CHECK(mapped > 0);
    for (auto const* const release : {"2.0.0", "3.0.0", "2.0.0", "1.0.0"})
        CHECK(at.swap("tally", tally_file(release)).unload.verdict == hotswap::unload_verdict::unmapped);
    CHECK(at.mappings() == mapped);
}
