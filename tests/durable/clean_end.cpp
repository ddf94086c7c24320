// A host that ends well: the store has the last states of its components.
#include "durable/stored_house.hpp"
#include "swap/fixtures/patient.hpp"

using namespace hotswap_test;

namespace {

ended run_host(std::string const& kind, fs::path const& directory, std::string const& words) {
    return run_program(HOTSWAP_TEST_ENDING_HOST " " + kind + " '" + directory.string() + "' " + words +
                       " 2>&1");
}
std::string file(std::string_view family, std::string_view release) {
    return "'" + built(family, release).string() + "'";
}

}  // namespace

TEST_CASE("clean end: a host that returns from main keeps what was written since the last checkpoint") {
    for (auto const* const kind : {"local", "static", "reset"}) {
        CAPTURE(kind);
        temporary_directory const at;
        auto const first =
            run_host(kind, at.path(), "load=" + file("patient", "1.0.0") + " visit visit look");
        CHECK_MESSAGE(first.well(), first.said);
        CHECK(first.said == "patient 1.0.0 2\n");
        CHECK(run_host(kind, at.path(), "visit look").said == "patient 1.0.0 3\n");
        CHECK(run_host(kind, at.path(), "look").said == "patient 1.0.0 3\n");
    }
}

TEST_CASE("clean end: with checkpoint_on_exit off the store keeps the last commit") {
    temporary_directory const at;
    REQUIRE(run_host("forgetful", at.path(), "load=" + file("patient", "1.0.0") + " visit checkpoint visit")
                .well());
    CHECK(run_host("forgetful", at.path(), "look").said == "patient 1.0.0 1\n");
}

TEST_CASE(
    "clean end: a caller that stays inside holds the end up until the deadline at most, and it is said") {
    temporary_directory const at;
    REQUIRE(run_host("local", at.path(), "load=" + file("patient", "1.0.0") + " visit").well());
    auto const held = run_host("local", at.path(), "visit hold");
    CHECK_MESSAGE(held.well(), held.said);
    CHECK(names(held.said, {"error", "checkpoint", "not complete", "patient: 1 lease is still held"}));
    CHECK(run_host("local", at.path(), "look").said == "patient 1.0.0 1\n");
}

TEST_CASE("clean end: one component that cannot be saved does not keep the others from it") {
    temporary_directory const at;
    auto const patient = file("patient", "1.0.0");
    REQUIRE(
        run_host("local", at.path(), "load=" + patient + " visit other=" + patient + " visit_other").well());
    auto const held = run_host("local", at.path(), "visit visit_other hold");
    CHECK_MESSAGE(held.well(), held.said);
    CHECK(names(held.said, {"not complete", "patient: 1 lease"}));
    CHECK_FALSE(names(held.said, {"zoe:"}));
    CHECK(run_host("local", at.path(), "look look_other").said == "patient 1.0.0 1\npatient 1.0.0 2\n");
}

TEST_CASE("clean end: nothing is written after a refused recovery, nor by a runtime that did not recover") {
    stored_house at;
    at.load<tally>("sums", tally_file("1.0.0"))->add("a", 1);
    REQUIRE(at.runtime->checkpoint().has_value());
    at.options.checkpoint_on_exit = true;
    at.options.trust.require_seal = true;
    at.options.trust.trusted_keys = {hotswap::public_key{}};
    auto const before = committed_in(at.store());
    at.start();
    REQUIRE(at.runtime->recover().has_error());
    at.start();
    at.runtime.reset();
    CHECK(committed_in(at.store()) == before);
}

TEST_CASE("clean end: a release that was on probation then is not suspect") {
    for (auto const* const kind : {"local", "forgetful"}) {
        temporary_directory const at;
        REQUIRE(run_host(kind, at.path(),
                         "load=" + file("patient", "1.0.0") + " visit swap=" + file("patient", "2.0.0") +
                             " visit checkpoint")
                    .well());
        CHECK(run_host(kind, at.path(), "look").said == "patient 2.0.0 2\n");
    }
}

TEST_CASE(
    "clean end: a release on probation that cannot be saved is not suspect either, and goes on from what is "
    "stored") {
    temporary_directory const at;
    auto const held = run_host(
        "local", at.path(),
        "load=" + file("patient", "1.0.0") + " visit swap=" + file("patient", "2.0.0") + " visit hold");
    CHECK_MESSAGE(held.well(), held.said);
    CHECK(names(held.said, {"not complete", "patient: 1 lease"}));
    CHECK(run_host("local", at.path(), "look").said == "patient 2.0.0 1\n");
}

TEST_CASE("clean end: a store that cannot be written is said, and the host ends well") {
    temporary_directory const at;
    REQUIRE(run_host("local", at.path(), "load=" + file("patient", "1.0.0") + " visit").well());
    auto const full =
        run_program("env HOTSWAP_FAILPOINTS='store.write=1*fail:28' " HOTSWAP_TEST_ENDING_HOST " local '" +
                    at.path().string() + "' visit 2>&1");
    CHECK_MESSAGE(full.well(), full.said);
#if defined(HOTSWAP_FAILPOINTS)
    CHECK(names(full.said, {"error", "not complete"}));
#endif
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE("clean end: a disk that does not answer is waited for until the deadline, and it is said") {
    temporary_directory const at;
    REQUIRE(run_host("local", at.path(), "load=" + file("patient", "1.0.0") + " visit").well());
    auto const stalled = run_host("local", at.path(), "visit stall");
    CHECK_MESSAGE(stalled.well(), stalled.said);
    CHECK(names(stalled.said, {"error", "has not ended after"}));
    CHECK(run_host("local", at.path(), "look").said == "patient 1.0.0 1\n");
}

TEST_CASE("clean end: a checkpoint that began before and does not return is waited for until the deadline") {
    temporary_directory const at;
    REQUIRE(run_host("local", at.path(), "load=" + file("patient", "1.0.0") + " visit").well());
    auto const stalled = run_host("periodic", at.path(), "stall_checkpoint");
    CHECK_MESSAGE(stalled.well(), stalled.said);
    CHECK(names(stalled.said, {"error", "a checkpoint or the end of a probation has not ended after"}));
    CHECK(run_host("local", at.path(), "look").said == "patient 1.0.0 1\n");
}

TEST_CASE("clean end: a snapshot that cannot be written costs its own component's state only") {
    temporary_directory const at;
    auto const patient = file("patient", "1.0.0");
    REQUIRE(
        run_host("local", at.path(), "load=" + patient + " visit other=" + patient + " visit_other").well());
    auto const host = "env HOTSWAP_FAILPOINTS='store.write=1*fail:28' " HOTSWAP_TEST_ENDING_HOST " local '" +
                      at.path().string() + "' visit visit_other 2>&1";
    auto const one_missing = run_program(host);
    CHECK_MESSAGE(one_missing.well(), one_missing.said);
    CHECK(names(one_missing.said, {"not complete", "patient: "}));
    CHECK_FALSE(names(one_missing.said, {"zoe:"}));
    CHECK(run_host("local", at.path(), "look look_other").said == "patient 1.0.0 1\npatient 1.0.0 2\n");
}
#endif
