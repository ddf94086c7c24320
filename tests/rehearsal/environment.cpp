// The part of the host's environment that a rehearsal sees, and the refusal's text about the difference.
#include "swap/fixture.hpp"
#include "swap/fixtures/furnished.hpp"

#include <cstdlib>

using namespace hotswap_test;

namespace {

/// A component whose constructor needs `variable`, in a host with the default rehearsal.
struct needy_site : site {
    explicit needy_site(std::string const& variable, hotswap::rehearsal_options how = {})
        : site({.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap", .rehearsal = std::move(how)}) {
        runtime
            .load<furnished>("furnished", {.module = built("furnished", "1.0.0"),
                                           .settings = {{"needs_variable", variable}}})
            .value();
    }
    hotswap::result<hotswap::swap_report> swap_it(hotswap::swap_options options = {}) {
        options.module = built("furnished", "2.0.0");
        return runtime.swap("furnished", options);
    }
};

}  // namespace

TEST_CASE(
    "rehearsal: a refusal by the module's own words ends with what differs there, and with the way out") {
    setenv("HOTSWAP_TEST_NEEDED", "confidential", 1);
    needy_site at("HOTSWAP_TEST_NEEDED");
    auto const refused = at.swap_it();
    REQUIRE(refused.has_error());
    auto const& why = refused.error();
    CHECK(to_string(why.code) == "construct_failed");
    CHECK(to_string(why.phase) == "rehearse");
    CHECK(names(why.message,
                {"HOTSWAP_TEST_NEEDED is not set", "in a rehearsal the environment is empty", "no sockets",
                 "no neighbours", "rehearsal_options::environment", "host.rehearsing()"}));
    CHECK_FALSE(names(why.message, {"confidential"}));
    // The host has the variable, so that this remedy works.
    CHECK(at.swap_it({.rehearse = hotswap::rehearse::never}).has_value());
    unsetenv("HOTSWAP_TEST_NEEDED");
}

TEST_CASE("rehearsal: variables that are named are handed on, and others are not") {
    setenv("HOTSWAP_TEST_NEEDED", "here", 1);
    setenv("HOTSWAP_TEST_OTHER", "there", 1);
    SUBCASE("the one that is needed") {
        needy_site at("HOTSWAP_TEST_NEEDED", {.environment = {"HOTSWAP_TEST_NEEDED"}});
        auto const done = at.swap_it();
        REQUIRE(done.has_value());
        CHECK(done->rehearsal.ran);
    }
    SUBCASE("another one") {
        needy_site at("HOTSWAP_TEST_OTHER", {.environment = {"HOTSWAP_TEST_NEEDED"}});
        auto const refused = at.swap_it();
        REQUIRE(refused.has_error());
        CHECK(names(refused.error().message,
                    {"HOTSWAP_TEST_OTHER is not set", "but for", "HOTSWAP_TEST_NEEDED"}));
    }
    SUBCASE("all of them") {
        needy_site at("HOTSWAP_TEST_OTHER", {.whole_environment = true});
        auto const done = at.swap_it();
        REQUIRE(done.has_value());
        CHECK(done->rehearsal.ran);
    }
    unsetenv("HOTSWAP_TEST_NEEDED");
    unsetenv("HOTSWAP_TEST_OTHER");
}

TEST_CASE("rehearsal: what a migration computes by, the time zone and the language, is there by default") {
    for (std::string const name : {"TZ", "LANG", "LC_NUMERIC"}) {
        CAPTURE(name);
        char const* const before = std::getenv(name.c_str());
        std::string const kept = before == nullptr ? "" : before;
        setenv(name.c_str(), name == "TZ" ? "Asia/Tokyo" : "C.UTF-8", 1);
        needy_site at(name);
        auto const done = at.swap_it();
        REQUIRE(done.has_value());
        CHECK(done->rehearsal.ran);
        before == nullptr ? unsetenv(name.c_str()) : setenv(name.c_str(), kept.c_str(), 1);
    }
}
