#include "swap/fixture.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

using namespace hotswap_test;

TEST_CASE(
    "runtime: destroyed while a lease is out, it says so and leaves the code mapped for the thread inside") {
#if defined(__SANITIZE_ADDRESS__)
    __lsan::ScopedDisabler const kept_on_purpose;
#endif
    temporary_directory directory;
    std::vector<hotswap::event> errors;
    std::optional<hotswap::runtime> runtime(std::in_place, hotswap::runtime_options{
                                                               .staging = directory.path() / "staging",
                                                               .log_to_stderr = false,
                                                           });
    runtime
        ->subscribe([&errors](hotswap::event const& what) {
            if (what.level == hotswap::level::error) errors.push_back(what);
        })
        .detach();
    auto const sums = runtime->load<tally>("tally", {.module = tally_file("1.0.0")}).value();
    auto const other = runtime->load<tally>("other", {.module = tally_file("2.0.0")}).value();
    auto const held = sums.share();
    held->add("a", 1);

    runtime.reset();

    REQUIRE(errors.size() == 1);
    CHECK(errors[0].outcome == hotswap::outcome::failed);
    CHECK(names(errors[0].message, {"destroyed", "in use", "mapped"}));
    CHECK(held->add("a", 1) == 2);
    CHECK(held->code() == "tally 1.0.0");
    CHECK(mappings_below(directory.path()) > 0);
    CHECK_THROWS_AS(sums->add("a", 1), hotswap::swap_error);
    CHECK_THROWS_AS(other->add("a", 1), hotswap::swap_error);
}
