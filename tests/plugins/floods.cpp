// Names that would meet in one place of a table if their hash were known: in no component do they meet.
#include "plugins/cache_values.hpp"
#include "plugins/classes.hpp"
#include "plugins/rate_limiter.hpp"
#include "state/flood.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace hotswap_test;

namespace {

/// Names for the seed that every component would have if it set none.
std::vector<std::string> const& flood_names() {
    static auto const names = flood({});
    return names;
}

/// The order of the names in a snapshot: that of the shards, and so a mark of the seed.
std::vector<std::size_t> order_in(std::vector<std::byte> const& snapshot) {
    std::string_view const bytes(reinterpret_cast<char const*>(snapshot.data()), snapshot.size());
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (std::size_t i = 0; i != flood_size; ++i) places.emplace_back(bytes.find(flood_names()[i]), i);
    std::sort(places.begin(), places.end());
    REQUIRE(places.back().first != bytes.npos);
    std::vector<std::size_t> order;
    for (auto const& [place, name] : places) order.push_back(name);
    return order;
}

/// Takes `first` through all releases and back: the order stays, and differs from that of `second`.
template <class Component>
void check_orders(Component& first, Component& second) {
    auto const order = order_in(first.snapshot());
    CHECK(order != order_in(second.snapshot()));
    for (auto const release : {"1.0.0"sv, "2.0.0"sv, "3.0.0"sv, "2.0.0"sv, "1.0.0"sv, "0.1.0"sv}) {
        CAPTURE(release);
        first.move_to(release);
        CHECK(order_in(first.snapshot()) == order);
    }
}

}  // namespace

TEST_CASE("flood: clients that a stranger chooses spread over the rate limiter's table like any others") {
    hotswap::testing::component<limiter_class> limiter;
    for (auto const& name : flood_names()) limiter->acquire(name, 1);
    REQUIRE(limiter.state().clients.size() == flood_size);
    CHECK(crowding_of(limiter.state().clients).fullest_shard < unlikely_crowd);
    CHECK(crowding_of(limiter.state().clients).longest_search < unlikely_crowd);
}

TEST_CASE("flood: users that a stranger chooses spread over the session manager's tables like any others") {
    hotswap::testing::component<session_class> sessions;
    for (auto const& name : flood_names()) sessions->open(name);
    REQUIRE(sessions.state().users.size() == flood_size);
    CHECK(crowding_of(sessions.state().users).fullest_shard < unlikely_crowd);
    CHECK(crowding_of(sessions.state().users).longest_search < unlikely_crowd);
    CHECK(crowding_of(sessions.state().sessions).fullest_shard < unlikely_crowd);
}

TEST_CASE("flood: keys that a stranger chooses spread over the cache's tables like any others") {
    hotswap::testing::component<cache_class> cache;
    cache->configure({.max_entries = flood_size});
    for (auto const& name : flood_names()) cache->put(name, "value", 1h);
    REQUIRE(cache.state().entries.size() == flood_size);
    CHECK(crowding_of(cache.state().entries).fullest_shard < unlikely_crowd);
    CHECK(crowding_of(cache.state().entries).longest_search < unlikely_crowd);
    // Evicted keys are remembered by their hash, with a secret of its own.
    for (std::size_t i = 0; i != flood_size; ++i) cache->put(std::to_string(i), "value", 1h);
    REQUIRE(cache.state().ghosts.size() > flood_size / 2);
    CHECK(crowding_of(cache.state().ghosts).fullest_shard < unlikely_crowd);
}

TEST_CASE("flood: a rate limiter keeps its seed through all releases, and shares it with no other one") {
    limiter first("0.1.0");
    limiter second("0.1.0");
    for (auto const& name : flood_names()) first->acquire(name), second->acquire(name);
    check_orders(first, second);
}

TEST_CASE("flood: a cache keeps its seed through all releases, and shares it with no other one") {
    values first("0.1.0");
    values second("0.1.0");
    for (auto const& name : flood_names()) {
        first->put(name, "value", 1h);
        second->put(name, "value", 1h);
    }
    check_orders(first, second);
}
