// What a host does in the pause of a transaction, right before its commit.
#include "swap/fixture.hpp"
#include "swap/fixtures/rows.hpp"

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;

namespace {

hotswap::component_set to(std::string const& release) {
    return {{.component = "tally", .options = {.module = tally_file(release)}}};
}

}  // namespace

TEST_CASE(
    "before commit: the host's step runs once, behind the gates, while the old generation is in place") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    int times = 0;
    std::string release;
    auto inside = errc::unknown_component;
    auto operation = errc::unknown_component;
    auto const report = at.runtime.swap(to("2.0.0"), {.before_commit = [&]() -> hotswap::result<void> {
                                            ++times;
                                            release = at.status("tally").running.release;
                                            try {
                                                sums->add("a", 1);
                                            } catch (hotswap::swap_error const& error) {
                                                inside = error.why().code;
                                            }
                                            auto const other = at.runtime.snapshot("tally");
                                            if (!other) operation = other.error().code;
                                            return {};
                                        }});
    REQUIRE(report.has_value());
    CHECK(times == 1);
    CHECK(release == "1.0.0");
    CHECK(inside == errc::would_deadlock);
    CHECK(to_string(operation) == to_string(errc::busy));
    CHECK(at.status("tally").running.release == "2.0.0");
    CHECK(sums->total("a") == 1);
}

TEST_CASE("before commit: a refusal of the host undoes the swap, and is its failure") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    untouched before(at, "tally");
    hotswap::failure const no{.code = errc::pool_failed, .phase = phase::none, .message = "the disk is full"};
    int times = 0;
    auto const report = at.runtime.swap(to("2.0.0"), {.before_commit = [&]() -> hotswap::result<void> {
                                            ++times;
                                            return no;
                                        }});
    REQUIRE(report.has_error());
    CHECK(report.error().code == errc::pool_failed);
    CHECK(names(report.error().message, {"the disk is full"}));
    CHECK(report.error().old_serving);
    CHECK(times == 1);
    before.check();
    CHECK(sums->add("a", 1) == 2);
}

TEST_CASE("before commit: an exception of the host undoes the swap") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    untouched before(at, "tally");
    auto const report = at.runtime.swap(
        to("2.0.0"), {.before_commit = []() -> hotswap::result<void> { throw std::runtime_error("no"); }});
    REQUIRE(report.has_error());
    before.check();
    CHECK(sums->add("a", 1) == 1);
}

TEST_CASE("before commit: a revert has the step too, also one that leads to a standby generation") {
    for (bool const is_on_probation : {false, true}) {
        site at;
        auto const sums = at.load("tally", tally_file("1.0.0"));
        hotswap::set_options how;
        if (is_on_probation) how.probation.duration = 1h;
        REQUIRE(at.runtime.swap(to("2.0.0"), how).has_value());
        sums->add("a", 1);
        int times = 0;
        bool is_refused = true;
        hotswap::revert_options const with{.before_commit = [&]() -> hotswap::result<void> {
            ++times;
            if (is_refused) return hotswap::failure{.code = errc::pool_failed, .message = "not yet"};
            return {};
        }};
        CHECK(at.runtime.revert({{.component = "tally"}}, with).has_error());
        CHECK(at.status("tally").running.release == "2.0.0");
        is_refused = false;
        CHECK(at.runtime.revert({{.component = "tally"}}, with).has_value());
        CHECK(times == 2);
        CHECK(at.status("tally").running.release == "1.0.0");
        CHECK(sums->total("a") == 1);
    }
}

TEST_CASE("before commit: there is no step if everything runs already") {
    site at;
    at.load("tally", tally_file("1.0.0"));
    bool has_run = false;
    auto const report = at.runtime.swap(to("1.0.0"), {.before_commit = [&]() -> hotswap::result<void> {
                                            has_run = true;
                                            return {};
                                        }});
    CHECK(report.has_value());
    CHECK_FALSE(has_run);
}

TEST_CASE("before commit: rows of tables are as they were after a refusal, and move with the next swap") {
    site at;
    auto const table = at.load<rows>("rows", built("rows", "1.0.0"));
    for (int i = 0; i != 1000; ++i) table->put(std::to_string(i), 1);
    hotswap::component_set const next{{.component = "rows", .options = {.module = built("rows", "2.0.0")}}};
    auto const refused =
        at.runtime.swap(next, {.before_commit = []() -> hotswap::result<void> {
                            return hotswap::failure{.code = errc::pool_failed, .message = "not yet"};
                        }});
    CHECK(refused.has_error());
    CHECK(table->release() == 1);
    table->add("7", 1);
    CHECK(table->size() == 1000);
    CHECK(at.runtime.swap(next).has_value());
    CHECK(table->release() == 2);
    CHECK(table->size() == 1000);
}
