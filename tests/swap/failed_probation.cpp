// The operations after a probation that failed and could not go back.
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/patient.hpp"

using namespace hotswap_test;
using hotswap::unload_verdict;

TEST_CASE(
    "probation: that of the repaired release does not count the errors of the one that failed before it") {
    site at;
    auto const it = at.load<patient>("patient", built("patient_picky", "1.4.0"));
    it->visit("a");
    hotswap::swap_options how;
    how.probation = {.duration = std::chrono::hours(1), .interval = 1ms};
    how.probation.max_errors = 0;
    at.swap("patient", built("patient_refusing", "2.4.0"), how);
    it->visit("refused");  // by the downgrade
    CHECK_THROWS(it->fail());
    REQUIRE(test::eventually([&at] { return at.status("patient").rolled_back.has_value(); }));
    CHECK(
        names(at.status("patient").rolled_back->message, {"1 of ", "ended in an exception", "still serves"}));

    how.probation.duration = 1ms;
    at.swap("patient", built("patient", "2.0.0"), how);

    REQUIRE(test::eventually([&at] { return !at.status("patient").on_probation; }));
    CHECK(at.status("patient").running.release == "2.0.0");
    CHECK_FALSE(at.status("patient").rolled_back.has_value());
    CHECK(it->visits("a") == 1);
    CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
    CHECK(at.mappings() == 0);
}
