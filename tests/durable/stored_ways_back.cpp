// The contents, origins and settings that the next process recovers.
#include "durable/stored_house.hpp"
#include "swap/fixtures/furnished.hpp"

using namespace hotswap_test;

namespace {

/// Ends the host as if it were killed, and starts the next one.
void die(stored_house& at) {
    auto const then = at.directory.path() / "then";
    fs::copy(at.store(), then, fs::copy_options::recursive);
    at.runtime.reset();
    fs::remove_all(at.store());
    fs::rename(then, at.store());
    at.start();
}

}  // namespace

TEST_CASE("same content: the next process goes back to the release before as well") {
    stored_house at;
    auto const sums = at.load<tally>("tally", tally_file("1.0.0"));
    sums->add("a", 3);
    at.runtime->swap("tally", {.module = tally_file("2.0.0")}).value();
    SUBCASE("after a swap that did nothing") {
        CHECK(at.runtime->swap("tally", {.module = tally_file("2.0.0")}).value().same_content);
    }
    SUBCASE("after one that was forced") {
        CHECK(at.runtime->swap("tally", {.module = tally_file("2.0.0"), .even_if_unchanged = true})
                  .value()
                  .same_content);
    }
    SUBCASE("after one that was forced by handoff") {
        CHECK(at.runtime
                  ->swap("tally", {.module = tally_file("2.0.0"),
                                   .transfer = hotswap::transfer::handoff,
                                   .even_if_unchanged = true})
                  .value()
                  .same_content);
    }
    at.start();
    auto const back = at.runtime->recover().value();
    CHECK(back.at(0).running.release == "2.0.0");
    CHECK(back.at(0).previous_release == "1.0.0");
    CHECK(at.runtime->revert("tally").value().to.release == "1.0.0");
    CHECK(at.find<tally>("tally")->total("a") == 3);
}

TEST_CASE(
    "same content: a process that dies on a probation of what ran before brings that back, with its newest "
    "state") {
    stored_house at;
    auto const sums = at.load<tally>("tally", tally_file("1.0.0"));
    at.runtime->swap("tally", {.module = tally_file("2.0.0")}).value();
    at.runtime
        ->swap("tally",
               {.module = tally_file("2.0.0"), .probation = {.duration = 1h}, .even_if_unchanged = true})
        .value();
    sums->add("a", 3);
    REQUIRE(at.runtime->checkpoint().has_value());
    die(at);
    auto const back = at.runtime->recover().value();
    CHECK(back.at(0).running.release == "2.0.0");
    CHECK(back.at(0).previous_release == "1.0.0");
    CHECK_FALSE(back.at(0).rolled_back.has_value());
    CHECK(at.find<tally>("tally")->total("a") == 3);
    CHECK(at.runtime->revert("tally").value().to.release == "1.0.0");
}

TEST_CASE("origin and settings: the next process has them as they were stored") {
    stored_house at;
    auto const first = at.bring(built("furnished", "1.0.0"), "furnished-1.0.0.so");
    auto const second = at.bring(built("furnished", "2.0.0"), "furnished-2.0.0.so");
    std::ofstream(at.modules() / "rules.txt") << "a rule\n";
    at.runtime
        ->load<furnished>("furnished",
                          {.module = first, .settings = {{"needs_file", "rules.txt"}, {"color", "red"}}})
        .value();
    at.runtime
        ->swap("furnished", {.module = second,
                             .settings = hotswap::settings{{"needs_file", "rules.txt"}, {"color", "blue"}}})
        .value();
    at.start();
    REQUIRE(at.runtime->recover().has_value());
    auto it = at.find<furnished>("furnished");
    CHECK(it->release() == "2.0.0");
    CHECK(it->origin() == at.modules());
    CHECK(it->setting("color") == "blue");
    CHECK(it->setting("needs_file") == "rules.txt");
    CHECK(at.runtime->revert("furnished").value().to.release == "1.0.0");
    CHECK(it->setting("color") == "red");
}

TEST_CASE(
    "settings: what was on probation when the process died does not leave its settings to the release "
    "before") {
    stored_house at;
    at.runtime
        ->load<furnished>("furnished",
                          {.module = built("furnished", "1.0.0"), .settings = {{"color", "red"}}})
        .value();
    at.runtime
        ->swap("furnished", {.module = built("furnished", "2.0.0"),
                             .probation = {.duration = 1h},
                             .settings = hotswap::settings{{"color", "blue"}}})
        .value();
    die(at);
    REQUIRE(at.runtime->recover().has_value());
    auto it = at.find<furnished>("furnished");
    CHECK(it->release() == "1.0.0");
    CHECK(it->setting("color") == "red");
}

TEST_CASE("origin: a directory that is gone at the recovery is warned of") {
    stored_house at;
    auto const gone = at.directory.path() / "gone";
    fs::create_directory(gone);
    fs::copy_file(built("furnished", "1.0.0"), gone / "furnished-1.0.0.so");
    at.runtime->load<furnished>("furnished", {.module = gone / "furnished-1.0.0.so"}).value();
    fs::remove_all(gone);
    at.start();
    REQUIRE(at.runtime->recover().has_value());
    CHECK(at.find<furnished>("furnished")->origin() == gone);
    CHECK(names(at.told, {"warning", gone.string(), "no longer exists"}));
}
