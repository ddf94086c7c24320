#include "golden/scenario.hpp"
#include "plugins/shipped.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace hotswap_test;

namespace {

std::vector<std::byte> golden(std::string const& component, std::size_t version) {
    auto const file =
        std::filesystem::path(HOTSWAP_GOLDEN) / (component + "-v" + std::to_string(version) + ".snapshot");
    std::ifstream in(file, std::ios::binary);
    std::string const bytes{std::istreambuf_iterator<char>(in), {}};
    REQUIRE_MESSAGE(!bytes.empty(), file.string());
    auto const view = bytes_of(bytes);
    return {view.begin(), view.end()};
}

/// Calls `check(component, version)` for every golden snapshot in its own release and in every newer one.
template <class Contract, class Check>
void for_every_reader(std::string const& name, Check check) {
    for (std::size_t version = 0; version != releases.size(); ++version) {
        auto const bytes = golden(name, version);
        for (std::size_t reader = version; reader != releases.size(); ++reader) {
            CAPTURE(version);
            CAPTURE(reader);
            shipped<Contract> component(name, releases[reader], {.snapshot = bytes},
                                        still_clock(hotswap_golden::moment));
            check(component, version);
        }
    }
}

}  // namespace

TEST_CASE(
    "golden: every release of the limiter serves the limits, buckets and counts of every earlier version") {
    for_every_reader<hotswap::contracts::rate_limiter>(
        "rate_limiter", [](auto& limiter, std::size_t version) {
            hotswap::contracts::rate_limits limits{.client = {.tokens = 10, .burst = 20}};
            if (version > 0) limits.global = {.tokens = 1000, .burst = 5000};
            CHECK(limiter->current_limits() == limits);
            CHECK(limiter->stats().admitted == (version > 0 ? 2 : 0));
            CHECK(limiter->stats().refused == (version > 0 ? 1 : 0));
            CHECK(limiter->admit("ada", 0).remaining == 15);
            CHECK(limiter->admit("bob").retry_after == 100ms);
            limiter.clock.step(1s);
            CHECK(limiter->admit("bob").remaining == 9);
        });
}

TEST_CASE("golden: every release of the session manager honours the tokens of every earlier version") {
    for_every_reader<hotswap::contracts::session>("session", [](auto& sessions, std::size_t version) {
        auto const user_of = [&sessions](std::string_view token) {
            auto const found = sessions->find(token);
            return found ? found->user : "";
        };
        CHECK(user_of("a token of another shape") == "Gräfin von Rügen");
        CHECK(user_of("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef") == "ada");
        CHECK(sessions->stats().opened == (version > 0 ? 1 : 0));
        CHECK(sessions->stats().ended == (version > 0 ? 1 : 0));
        auto const settings = sessions->current_settings();
        if (version > 0) CHECK(settings.default_timeout == 2h);
        if (version > 1) CHECK(settings.per_user_limit == 3);
        sessions.clock.step(60s);
        CHECK(user_of("fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210").empty());
    });
}
