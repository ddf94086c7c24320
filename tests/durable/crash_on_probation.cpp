// A host that dies while a release is on probation comes back without that release.
#include "base/failpoint.hpp"
#include "durable/stored_house.hpp"
#include "slot/waiting.hpp"
#include "swap/fixtures/patient.hpp"

using namespace hotswap_test;
using hotswap::errc;

namespace {

struct place {
    temporary_directory at;
    ended run(std::string const& words) const {
        return run_program(HOTSWAP_TEST_ENDING_HOST " local '" + at.path().string() + "' " + words +
                           " 2>/dev/null");
    }
};

std::string file(std::string_view family, std::string_view release) {
    return "'" + built(family, release).string() + "'";
}

/// A runtime on the store of such a host, whose modules directory has that release.
struct successor {
    successor(place const& host, std::string_view family, std::string_view release) {
        auto const modules = host.at.path() / "modules";
        fs::create_directories(modules);
        fs::copy_file(built(family, release), modules / ("patient-" + std::string(release) + ".so"));
        runtime.emplace(hotswap::runtime_options{.modules = modules,
                                                 .staging = host.at.path() / "staging",
                                                 .log_to_stderr = false,
                                                 .rehearse = hotswap::rehearse::never,
                                                 .store = host.at.path() / "store",
                                                 .checkpoint_on_exit = false});
    }
    std::optional<hotswap::runtime> runtime;
};

bool is_dead(ended const& given) { return !given.well(); }

}  // namespace

TEST_CASE(
    "crash on probation: a release that ends the process is not started again, and its swap is undone") {
    place const host;
    REQUIRE(host.run("load=" + file("patient", "1.0.0") + " visit").well());
    auto const deadly = file("patient_deadly", "2.3.0");
    CHECK(is_dead(host.run("swap=" + deadly + " visit crash")));
    // The state as of the swap: the new release wrote in a schema that the old one does not read.
    CHECK(host.run("look").said == "patient 1.0.0 1 sent back\n");
    CHECK(host.run("visit look").said == "patient 1.0.0 2 sent back\n");
    // The release is tried again only by its name.
    CHECK(host.run("swap=" + deadly + " look").said == "patient_deadly 2.3.0 2\n");
}

TEST_CASE("crash on probation: a checkpoint meanwhile does not put the way back out of reach") {
    place const host;
    REQUIRE(host.run("load=" + file("patient", "1.0.0") + " visit").well());
    CHECK(is_dead(host.run("swap=" + file("patient", "2.0.0") +
                           " visit checkpoint visit checkpoint visit checkpoint kill")));
    CHECK(host.run("look").said == "patient 1.0.0 1 sent back\n");
}

TEST_CASE("crash on probation: what the old release reads without help of the suspect is kept") {
    place const host;
    REQUIRE(host.run("load=" + file("patient", "1.0.0") + " visit").well());
    CHECK(is_dead(host.run("swap=" + file("patient_deadly", "1.1.0") + " visit checkpoint visit crash")));
    CHECK(host.run("look").said == "patient 1.0.0 2 sent back\n");
}

TEST_CASE("crash on probation: the file that ended the process is not the newest release to swap to") {
    place const host;
    REQUIRE(host.run("load=" + file("patient", "1.0.0") + " visit").well());
    std::string faults;
    SUBCASE("after the swap was in the store") {}
#if defined(HOTSWAP_FAILPOINTS)
    // Like a crash by the first call after the gate has opened.
    SUBCASE("before it was") { faults = "env HOTSWAP_FAILPOINTS='swap.persist.before=2*kill' "; }
#endif
    auto const died = run_program(faults + HOTSWAP_TEST_ENDING_HOST " local '" + host.at.path().string() +
                                  "' swap=" + file("patient_deadly", "2.3.0") + " crash 2>/dev/null");
    REQUIRE(is_dead(died));
    for (int i = 0; i != 2; ++i) {
        successor next(host, "patient_deadly", "2.3.0");
        auto const back = next.runtime->recover();
        REQUIRE_MESSAGE(back.has_value(), back.error().message);
        CHECK(back->at(0).running.release == "1.0.0");
        REQUIRE(back->at(0).rolled_back);
        CHECK(names(back->at(0).rolled_back->message, {"probation", "2.3.0"}));
        auto const again = next.runtime->swap("patient");
        REQUIRE(again.has_error());
        CHECK(again.error().code == errc::rolled_back);
        fs::remove_all(host.at.path() / "modules");
    }
    successor last(host, "patient_deadly", "2.3.0");
    last.runtime->recover().value();
    CHECK(last.runtime->swap("patient", {.module = "patient-2.3.0.so"}).value().to.release == "2.3.0");
}

TEST_CASE("crash on probation: the suspect comes back where it is trusted, and is no suspect then") {
    place const host;
    REQUIRE(host.run("load=" + file("patient", "1.0.0") + " visit").well());
    CHECK(is_dead(host.run("swap=" + file("patient", "2.0.0") + " visit checkpoint kill")));
    CHECK(is_dead(host.run("trust look kill")));
    CHECK(host.run("look").said == "patient 2.0.0 2\n");
}

TEST_CASE("crash on probation: a release that has passed, or was reverted, is no suspect") {
    stored_house at;
    at.load<patient>("patient", built("patient", "1.0.0"))->visit("a");
    hotswap::swap_options how{.module = built("patient", "2.0.0")};
    SUBCASE("passed") {
        how.probation = {.duration = 1ms, .interval = 1ms};
        at.runtime->swap("patient", how).value();
        REQUIRE(test::eventually([&] {
            auto const now = at.runtime->status().at(0);
            return !now.on_probation && !now.swapping;
        }));
        at.start();
        at.runtime->recover().value();
        CHECK(at.find<patient>("patient")->code() == "patient 2.0.0");
    }
    SUBCASE("reverted") {
        how.probation.duration = std::chrono::hours(1);
        at.runtime->swap("patient", how).value();
        at.find<patient>("patient")->visit("a");
        at.runtime->revert("patient").value();
        at.start();
        at.runtime->recover().value();
        CHECK(at.find<patient>("patient")->code() == "patient 1.0.0");
        CHECK(at.find<patient>("patient")->visits("a") == 2);
    }
    CHECK_FALSE(at.runtime->status().at(0).rolled_back);
}

TEST_CASE("crash on probation: where the release before is damaged the refusal names both, and the way on") {
    place const host;
    REQUIRE(host.run("load=" + file("patient", "1.0.0") + " visit").well());
    CHECK(is_dead(host.run("swap=" + file("patient", "2.0.0") + " visit checkpoint kill")));
    for (auto const& each : fs::directory_iterator(host.at.path() / "store" / "modules"))
        if (fs::file_size(each) == fs::file_size(built("patient", "1.0.0"))) flip_a_bit_of(each.path());
    hotswap::runtime runtime({.modules = host.at.path() / "modules",
                              .staging = host.at.path() / "staging",
                              .log_to_stderr = false,
                              .store = host.at.path() / "store"});
    auto const refused = runtime.recover();
    REQUIRE(refused.has_error());
    CHECK(names(refused.error().message, {"patient-2.0.0.so", "patient-1.0.0.so", "trust_suspects"}));
    CHECK(runtime.recover({.trust_suspects = true}).value().at(0).running.release == "2.0.0");
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE(
    "crash on probation: a host that is killed anywhere while it goes back finds the same way back the next "
    "time") {
    namespace failpoints = hotswap::detail::failpoints;
    place const host;
    REQUIRE(host.run("load=" + file("patient", "1.0.0") + " visit").well());
    REQUIRE(is_dead(host.run("swap=" + file("patient", "2.0.0") + " visit checkpoint kill")));
    auto const copy = [&host](temporary_directory const& to) {
        fs::copy(host.at.path(), to.path(), fs::copy_options::recursive);
    };
    auto const points = [&copy] {
        temporary_directory const once;
        copy(once);
        hotswap::runtime runtime({.modules = once.path() / "modules",
                                  .staging = once.path() / "staging",
                                  .log_to_stderr = false,
                                  .store = once.path() / "store",
                                  .checkpoint_on_exit = false});
        failpoints::clear();
        runtime.recover().value();
        auto visited = failpoints::visited();
        failpoints::clear();
        return visited;
    }();
    std::size_t killed = 0;
    for (auto const& point : points) {
        for (int visit = 1;; ++visit) {
            CAPTURE(point);
            CAPTURE(visit);
            temporary_directory const at;
            copy(at);
            auto const host_on_it =
                std::string(HOTSWAP_TEST_ENDING_HOST " forgetful '") + at.path().string() + "' look";
            auto const faults = "env HOTSWAP_FAILPOINTS='" + point + "=" + std::to_string(visit) + "*kill' ";
            auto const ended = run_program(faults + host_on_it + " 2>/dev/null");
            if (!is_dead(ended)) break;
            ++killed;
            auto const next = run_program(host_on_it + " 2>&1");
            CHECK_MESSAGE(names(next.said, {"patient 1.0.0 1 sent back\n"}), next.said);
        }
    }
    CHECK(killed > points.size());
}
#endif
