#include "golden/cache.hpp"
#include "golden/scenario.hpp"
#include "plugins/cache_values.hpp"

#include <fstream>
#include <iterator>

using namespace hotswap_test;
using hotswap::contracts::cache_state;
using cache_component = shipped<hotswap::contracts::cache>;

namespace {

std::vector<std::byte> golden(std::size_t version) {
    auto const file =
        std::filesystem::path(HOTSWAP_GOLDEN) / ("cache-v" + std::to_string(version) + ".snapshot");
    std::ifstream in(file, std::ios::binary);
    std::string const bytes{std::istreambuf_iterator<char>(in), {}};
    REQUIRE_MESSAGE(!bytes.empty(), file.string());
    auto const view = bytes_of(bytes);
    return {view.begin(), view.end()};
}

hotswap::swap_options const by_handoff{.transfer = hotswap::transfer::handoff, .even_if_unchanged = true};

}  // namespace

TEST_CASE(
    "golden: every release of the cache serves the values of every earlier version, also written once more") {
    for (std::size_t version = 0; version != releases.size(); ++version) {
        for (std::size_t reader = version; reader != releases.size(); ++reader) {
            CAPTURE(version);
            CAPTURE(reader);
            // As the version's own release writes it again: the order of rows is another one.
            cache_component own("cache", releases[version], {.snapshot = golden(version)},
                                still_clock(hotswap_golden::moment));
            auto const again = own.snapshot();
            CHECK(again.size() == golden(version).size());
            cache_component cache("cache", releases[reader], {.snapshot = again},
                                  still_clock(hotswap_golden::moment));
            CHECK(cache->stats().hits == (version > 0 ? 3 : 0));
            CHECK(cache->stats().misses == (version > 2 ? 2 : version > 0 ? 1 : 0));
            CHECK(cache->stats().entries == (version > 2 ? 4 : 3));
            auto const settings = cache->current_settings();
            if (version > 0) CHECK(settings.max_entries == 320);
            if (version > 1) CHECK(settings.byte_budget == 1'000'000);
            if (version > 2) {
                CHECK(settings.default_stale_for == 30s);
                CHECK(settings.lease_time == 5s);
                CHECK(cache->stats().negative_hits == 1);
                CHECK(cache->lookup("absent").state == cache_state::negative);
                CHECK(cache->lookup("loading").lease == 0);
            }
            CHECK(cache->get("") == "the empty key");
            CHECK(cache->get("page") == hotswap_golden::page);
            CHECK(cache->get("Rügen") == "");
            cache.clock.step(60s);
            CHECK_FALSE(cache->get("page"));
            if (version > 2) CHECK(cache->lookup("page").state == cache_state::stale);
            cache.clock.step(1h);
            CHECK_FALSE(cache->get(""));
            CHECK(cache->get("Rügen") == "");
        }
    }
}

TEST_CASE("handoff: every release of the cache goes on with the very entries it had") {
    for (auto const release : releases) {
        CAPTURE(release);
        shipped<hotswap::contracts::cache> values("cache", release);
        for (int i = 0; i != 200; ++i) values->put(std::to_string(i), "before");
        CHECK(values.swap(release, by_handoff).transfer == hotswap::transfer::handoff);
        for (int i = 100; i != 300; ++i) values->put(std::to_string(i), "after");
        CHECK(values->get("0") == "before");
        CHECK(values->get("100") == "after");
        CHECK(values->get("299") == "after");
        CHECK(values->stats().entries == 300);
        CHECK(values->erase("0"));
    }
}
