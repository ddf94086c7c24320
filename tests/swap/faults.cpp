// A fault injected at every step behind the gate: the old generation continues to serve, unchanged.
#include "swap/fixture.hpp"

#include "swap/fixtures/faulty.hpp"

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;

namespace {

fs::path faulty_file(std::string_view release) { return built("faulty", release); }

/// A site with a running faulty component, on which operations fail and the next one succeeds.
struct running_faulty {
    explicit running_faulty(std::string_view release = "1.0.0")
        : sum(at.load<faulty>("faulty", faulty_file(release))), release_(release) {
        sum->add(5);
    }

    struct expectation {
        errc code;
        hotswap::phase phase;
        std::vector<std::string_view> words;
    };

    void refuses(std::string_view to, hotswap::arguments const& with, expectation const& expected) {
        untouched before(at, "faulty");
        auto const why = at.refusal("faulty", faulty_file(to), {.arguments = with});
        check(why, expected);
        before.check();
        serves();
    }
    /// As `refuses`, for a component that fails to serialize its state.
    void refuses_export(std::string_view how, std::string_view to, expectation const& expected) {
        untouched before(at, "faulty");
        sum->arm_export(how);
        auto const why = at.refusal("faulty", faulty_file(to));
        sum->arm_export("");
        check(why, expected);
        before.check();
        serves();
    }
    void swaps_after_all(std::string_view to) {
        at.swap("faulty", faulty_file(to));
        CHECK(sum->add(0) == 5);
        CHECK(at.status("faulty").running.release == to);
    }

    site at{};
    hotswap::handle<faulty> sum;

private:
    void check(hotswap::failure const& why, expectation const& expected) {
        INFO("refused: " << to_string(why));
        CHECK(to_string(why.code) == to_string(expected.code));
        CHECK(to_string(why.phase) == to_string(expected.phase));
        CHECK(why.component == "faulty");
        CHECK(why.old_serving);
        CHECK(names(why.message, expected.words));
    }
    void serves() {
        CHECK(sum->add(0) == 5);
        CHECK(at.status("faulty").running.release == release_);
    }

    std::string const release_;
};

}  // namespace

TEST_CASE("faults: a state that throws while it is serialized leaves the old generation serving") {
    running_faulty running;
    for (auto const* const how : {"throw", "bad_alloc", "int"})
        running.refuses_export(how, "2.0.0",
                               {errc::export_failed, phase::export_, {"faulty-1.0.0.so", "threw"}});
    running.swaps_after_all("2.0.0");
}

TEST_CASE("faults: a state that serializes into garbage leaves the old generation serving") {
    running_faulty running;
    running.refuses_export("garbage", "2.0.0", {errc::bad_snapshot, phase::migrate, {"faulty-2.0.0.so"}});
    running.swaps_after_all("2.0.0");
}

TEST_CASE("faults: an upgrade that throws leaves the old generation serving and its state untouched") {
    running_faulty running;
    std::pair<std::string_view, std::string_view> const faults[] = {{"throw", "the fault that was asked for"},
                                                                    {"bad_alloc", "bad_alloc"},
                                                                    {"int", "not a std::exception"}};
    for (auto const& [how, words] : faults)
        running.refuses("2.0.0", {{"upgrade", std::string(how)}},
                        {errc::migration_failed, phase::migrate, {"1 → 2", "faulty-2.0.0.so", words}});
    running.swaps_after_all("2.0.0");
}

TEST_CASE("faults: a downgrade that throws leaves the newer generation serving and its state untouched") {
    running_faulty running("2.0.0");
    std::pair<std::string_view, std::string_view> const faults[] = {{"throw", "the fault that was asked for"},
                                                                    {"bad_alloc", "bad_alloc"},
                                                                    {"int", "not a std::exception"}};
    for (auto const& [how, words] : faults)
        running.refuses("1.0.0", {{"downgrade", std::string(how)}},
                        {errc::migration_failed, phase::export_, {"2 → 1", "faulty-2.0.0.so", words}});
    running.swaps_after_all("1.0.0");
}

TEST_CASE("faults: a component that refuses the migrated state leaves the old generation serving") {
    running_faulty running;
    for (auto const* const how : {"throw", "bad_alloc", "int"})
        running.refuses("2.0.0", {{"validate", how}},
                        {errc::validation_failed, phase::migrate, {"faulty-2.0.0.so", "validate()"}});
    running.swaps_after_all("2.0.0");
}

TEST_CASE("faults: a constructor that throws leaves the old generation serving") {
    running_faulty running;
    running.refuses(
        "2.0.0", {{"construct", "throw"}},
        {errc::construct_failed, phase::construct, {"faulty-2.0.0.so", "the fault that was asked for"}});
    running.refuses("2.0.0", {{"construct", "int"}},
                    {errc::construct_failed, phase::construct, {"faulty-2.0.0.so", "not a std::exception"}});
    running.refuses("2.0.0", {{"construct", "bad_alloc"}},
                    {errc::out_of_memory, phase::construct, {"faulty-2.0.0.so", "memory"}});
    running.swaps_after_all("2.0.0");
}

TEST_CASE("faults: a snapshot that cannot be made is refused, and the component serves on") {
    running_faulty running;
    untouched before(running.at, "faulty");
    running.sum->arm_export("throw");
    auto const frame = running.at.runtime.snapshot("faulty");
    running.sum->arm_export("");
    REQUIRE(frame.has_error());
    CHECK(frame.error().code == errc::export_failed);
    CHECK(frame.error().phase == phase::export_);
    CHECK(frame.error().old_serving);
    before.check();
    running.swaps_after_all("2.0.0");
}

TEST_CASE("faults: a restore whose migration or construction throws leaves the running state alone") {
    running_faulty running;
    auto const old = running.at.snapshot("faulty");
    running.at.swap("faulty", faulty_file("2.0.0"));
    running.sum->add(1);
    untouched before(running.at, "faulty");
    std::pair<std::string_view, errc> const faults[] = {{"upgrade", errc::migration_failed},
                                                        {"validate", errc::validation_failed},
                                                        {"construct", errc::construct_failed}};
    for (auto const& [place, code] : faults) {
        auto const report =
            running.at.runtime.restore("faulty", old, {.arguments = {{std::string(place), "throw"}}});
        REQUIRE(report.has_error());
        CHECK(to_string(report.error().code) == to_string(code));
        CHECK(report.error().old_serving);
        before.check();
    }
    CHECK(running.sum->add(0) == 6);
    running.at.runtime.restore("faulty", old).value();
    CHECK(running.sum->add(0) == 5);
}

TEST_CASE("faults: a revert that fails leaves the swapped generation serving, and can be tried again") {
    running_faulty running;
    running.at.swap("faulty", faulty_file("2.0.0"));
    untouched before(running.at, "faulty");
    auto const report = running.at.runtime.revert("faulty", {.arguments = {{"downgrade", "throw"}}});
    REQUIRE(report.has_error());
    CHECK(report.error().code == errc::migration_failed);
    CHECK(report.error().old_serving);
    before.check();
    CHECK(running.at.runtime.revert("faulty").value().to.release == "1.0.0");
    CHECK(running.sum->add(0) == 5);
}

TEST_CASE("faults: a handoff that fails leaves the very same state with the old generation") {
    struct {
        std::string_view key;
        errc code;
        hotswap::phase phase;
    } const faults[] = {{"forbidden", errc::validation_failed, phase::migrate},
                        {"throw", errc::construct_failed, phase::construct},
                        {"int", errc::construct_failed, phase::construct},
                        {"bad_alloc", errc::out_of_memory, phase::construct}};
    for (auto const& fault : faults) {
        site at;
        auto const sums = at.load("moody", built("tally_moody", "1.0.0"));
        sums->add(fault.key, 1);
        auto const* const state = sums->state_address();
        untouched before(at, "moody");

        auto const why =
            at.refusal("moody", built("tally_moody", "1.1.0"), {.transfer = hotswap::transfer::handoff});

        CHECK(to_string(why.code) == to_string(fault.code));
        CHECK(to_string(why.phase) == to_string(fault.phase));
        CHECK(why.old_serving);
        CHECK(names(why.message, {"tally_moody-1.1.0.so"}));
        before.check();
        CHECK(sums->state_address() == state);
        CHECK(sums->add(fault.key, 1) == 2);
        at.swap("moody", built("tally_moody", "1.0.0"), {.transfer = hotswap::transfer::handoff});
        CHECK(sums->state_address() == state);
    }
}

TEST_CASE("faults: a first load that fails leaves nothing behind, and the name free") {
    site at;
    auto const sum = at.load<faulty>("source", faulty_file("1.0.0"));
    auto const frame = at.snapshot("source");
    auto const mapped = at.mappings();
    std::pair<std::string_view, errc> const faults[] = {{"upgrade", errc::migration_failed},
                                                        {"validate", errc::validation_failed},
                                                        {"construct", errc::construct_failed}};
    for (auto const& [place, code] : faults) {
        auto const loaded = at.runtime.load<faulty>("faulty", {.module = faulty_file("2.0.0"),
                                                               .snapshot = frame,
                                                               .arguments = {{std::string(place), "throw"}}});
        REQUIRE(loaded.has_error());
        CHECK(to_string(loaded.error().code) == to_string(code));
        CHECK_FALSE(loaded.error().old_serving);
        CHECK(at.mappings() == mapped);
        CHECK(modules_below(at.directory.path()) == 1);
    }
    CHECK(at.runtime.load<faulty>("faulty", {.module = faulty_file("2.0.0"), .snapshot = frame}).has_value());
}
