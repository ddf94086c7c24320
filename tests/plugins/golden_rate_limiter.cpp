#include "golden/rate_limiter.hpp"
#include "golden/scenario.hpp"
#include "plugins/rate_limiter.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <fstream>
#include <iterator>

using namespace hotswap_test;
using hotswap_golden::moment;

namespace {

std::vector<std::byte> golden(std::size_t version) {
    auto const file =
        std::filesystem::path(HOTSWAP_GOLDEN) / ("rate_limiter-v" + std::to_string(version) + ".snapshot");
    std::ifstream in(file, std::ios::binary);
    std::string const bytes{std::istreambuf_iterator<char>(in), {}};
    REQUIRE_MESSAGE(!bytes.empty(), file.string());
    auto const view = bytes_of(bytes);
    return {view.begin(), view.end()};
}

}  // namespace

TEST_CASE(
    "golden: every release of the limiter serves the settings, clients and counts of every earlier version") {
    for (std::size_t version = 0; version != releases.size(); ++version) {
        auto const bytes = golden(version);
        for (std::size_t reader = version; reader != releases.size(); ++reader) {
            CAPTURE(version);
            CAPTURE(reader);
            shipped<rate_limiter> limiter("rate_limiter", releases[reader], {.snapshot = bytes},
                                          still_clock(moment));
            auto const settings = hotswap_golden::rate_settings_of(static_cast<int>(version));
            CHECK(limiter->current_settings() == settings);
            rate_statistics counts{.clients = 2, .admitted = 2, .refused = 1};
            if (version == 0) counts = {.clients = 2};
            if (version == 3) counts = {.clients = 4, .admitted = 3, .refused = 3, .penalties = 1};
            CHECK(limiter->stats() == counts);
            CHECK(limiter->acquire("ada", 0).remaining == 15);
            CHECK(limiter->acquire("bob", 0).reset_after == 2s);
            if (version == 3) {
                CHECK(limiter->acquire("eve").retry_after == 1min);
                CHECK(limiter->acquire("gold/ada", 0).remaining == 70);
                CHECK(limiter->acquire("gold/bob", 0).remaining == 40);
                CHECK(limiter->acquire("bob").retry_after == 1min);  // its second violation
            } else {
                CHECK(limiter->acquire("bob").retry_after == 100ms);
                limiter.clock.step(1s);
                CHECK(limiter->acquire("bob").remaining == 9);
            }
        }
    }
}

TEST_CASE("golden: every release of the limiter writes its golden snapshot with the same layout") {
    for (std::size_t version = 0; version != releases.size(); ++version) {
        CAPTURE(version);
        auto const bytes = golden(version);
        shipped<rate_limiter> limiter("rate_limiter", releases[version], {.snapshot = bytes},
                                      still_clock(moment));  // no client is idle then
        auto const written = limiter.snapshot();
        CHECK(written.size() == bytes.size());
        CHECK(hotswap::read_frame(written).value().layout == hotswap::read_frame(bytes).value().layout);
    }
}
