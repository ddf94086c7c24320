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

TEST_CASE("golden: every release of the cache serves the values of every earlier version") {
    for_every_reader<hotswap::contracts::cache>("cache", [](auto& cache, std::size_t version) {
        CHECK(cache->stats().hits == (version > 0 ? 3 : 0));
        CHECK(cache->stats().misses == (version > 0 ? 1 : 0));
        CHECK(cache->stats().entries == 3);
        auto const settings = cache->current_settings();
        if (version > 0) CHECK(settings.max_entries == 320);
        if (version > 1) CHECK(settings.byte_budget == 1'000'000);
        CHECK(cache->get("") == "the empty key");
        CHECK(cache->get("page") == hotswap_golden::page);
        CHECK(cache->get("Rügen") == "");
        cache.clock.step(60s);
        CHECK_FALSE(cache->get("page"));
        cache.clock.step(1h);
        CHECK_FALSE(cache->get(""));
        CHECK(cache->get("Rügen") == "");
    });
}

TEST_CASE("golden: every release of the cache writes its golden snapshot again, byte for byte") {
    for (std::size_t version = 0; version != releases.size(); ++version) {
        CAPTURE(version);
        auto const bytes = golden("cache", version);
        // At the beginning of time no cleanup is due.
        shipped<hotswap::contracts::cache> cache("cache", releases[version], {.snapshot = bytes},
                                                 still_clock(still_clock::time_point{}));
        CHECK(cache.snapshot() == bytes);
    }
}
