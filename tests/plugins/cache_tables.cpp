// The cache's rows in tables: pauses, memory, upkeep, and the order in which entries go.
#include "plugins/cache_values.hpp"

#include <malloc.h>

#include <cmath>
#include <list>
#include <random>
#include <thread>
#include <unordered_map>

using namespace hotswap_test;
using hotswap::contracts::cache_state;

TEST_CASE("cache: every swap copies its rows before the pause, with rows present and two writers at work") {
    values values("0.1.0");
    for (int i = 0; i != 9'000; ++i) values->put("entry " + std::to_string(i), std::string(100, 'x'));
    std::atomic<bool> over = false;
    auto const writer = [&](std::string const& who) {
        for (int i = 0; !over; ++i) {
            values->put(who + std::to_string(i % 500), "value");
            values->get(who + std::to_string(i % 700));
            if (i % 7 == 0) values->erase(who + std::to_string(i % 300));
        }
    };
    {
        std::jthread const first(writer, "ada");
        std::jthread const second(writer, "bob");
        for (auto const release :
             {"1.0.0"sv, "2.0.0"sv, "3.0.0"sv, "2.0.0"sv, "1.0.0"sv, "0.1.0"sv, "3.0.0"sv, "0.1.0"sv}) {
            CAPTURE(release);
            auto const report = values.move_to(release);
            CHECK(report.tables.way == hotswap::table_way::before_pause);
            CHECK(report.tables.reason.empty());
            CHECK(report.tables.rows > 8'000);
        }
        over = true;
    }
    CHECK(values.found("entry ", 9'000) > 8'000);
}

TEST_CASE("cache: the bytes of every release are what the allocator has given, within a tenth") {
    for (auto const release : releases) {
        CAPTURE(release);
        values values(release);
        if (release != "0.1.0") values->configure({.max_entries = 1'000'000});
        if (release >= "2.0.0") values->configure({.byte_budget = 1'000'000'000});
        std::mt19937 random(7);
        auto const in_use = [] {
            auto const info = mallinfo2();
            return info.uordblks + info.hblkhd;
        };
        auto const before = in_use();
        for (int i = 0; i != 9'900; ++i) {
            auto const key = std::string(random() % 60, 'k') + std::to_string(i);
            values->put(key, std::string(random() % 2'000, 'v'));
        }
        auto const used = static_cast<double>(in_use() - before);
        CHECK(values->stats().entries == 9'900);
        auto const stated = static_cast<double>(values->stats().bytes);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        static_cast<void>(used);  // these sanitizers have an allocator of their own
#else
        CHECK(std::abs(stated / used - 1) < 0.1);
#endif
        // Replaced, erased and evicted entries are counted out.
        for (int i = 0; i != 50; ++i) values->put("k", std::string(random() % 2'000, 'v'));
        values->erase("k");
        CHECK(static_cast<double>(values->stats().bytes) == stated);
    }
}

TEST_CASE("cache: entries whose time is over go a few rows at a time, and all are gone in the end") {
    for (auto const release : {"1.0.0"sv, "2.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        values values(release, {.max_entries = 1'000'000, .cleanup_interval = 1s});
        for (int i = 0; i != 20'000; ++i) values->put(std::to_string(i), "v", 1s);
        values->put("stays", "v", 1h);
        values.clock.step(1s);
        std::uint64_t before = values->stats().entries;
        while (before > 1) {
            auto const now = values->stats().entries;
            REQUIRE(now <= before);
            before = now;
            std::this_thread::yield();
        }
        CHECK(values->get("stays") == "v");
        CHECK(values->stats().expirations == 20'000);
        CHECK(values->stats().evictions == 0);
    }
}

TEST_CASE("cache: a bound that sinks is reached by calls that evict at most 32 entries each") {
    values values("3.0.0", {.max_entries = 100'000});
    values.put_many("k", 20'000);
    values->configure({.max_entries = 1'000});
    auto before = values->stats();
    for (int i = 0; before.entries > 1'000; ++i) {
        values->put("new" + std::to_string(i), "v");
        auto const now = values->stats();
        // The timer, which may come in between, evicts as well.
        REQUIRE(now.entries <= before.entries);
        before = now;
    }
    values.put_many("later", 500);
    CHECK(values->stats().entries == 1'000);
}

namespace {

/// Keys by Zipf's law, and now and then a scan: a run of keys that come once.
class requests {
public:
    explicit requests(std::uint64_t seed) : random_(seed) {
        double sum = 0;
        for (int i = 1; i <= 20'000; ++i) weights_.push_back(sum += std::pow(i, -0.9));
    }
    std::string next() {
        if (scan_ == 0 && random_() % 2'000 == 0) scan_ = 1'000;
        if (scan_ != 0) return --scan_, "scan" + std::to_string(scanned_++);
        double const at = std::uniform_real_distribution<>(0, weights_.back())(random_);
        return std::to_string(std::lower_bound(weights_.begin(), weights_.end(), at) - weights_.begin());
    }

private:
    std::mt19937_64 random_;
    std::vector<double> weights_;
    int scan_ = 0;
    int scanned_ = 0;
};

/// The least recently used key goes: the policy that the cache is compared with.
class lru {
public:
    explicit lru(std::size_t entries) : entries_(entries) {}
    bool request(std::string const& key) {
        auto const found = index_.find(key);
        if (found != index_.end()) {
            order_.splice(order_.begin(), order_, found->second);
            return true;
        }
        order_.push_front(key);
        index_.emplace(key, order_.begin());
        if (order_.size() > entries_) {
            index_.erase(order_.back());
            order_.pop_back();
        }
        return false;
    }

private:
    std::size_t entries_;
    std::list<std::string> order_;
    std::unordered_map<std::string, std::list<std::string>::iterator> index_;
};

}  // namespace

TEST_CASE("cache: from release 2 on requests with scans miss less often than with LRU, also across swaps") {
    constexpr int count = 60'000;
    for (std::size_t const entries : {100, 1'000}) {
        int lru_misses = 0;
        lru peer(entries);
        requests for_peer(3);
        for (int i = 0; i != count; ++i) lru_misses += peer.request(for_peer.next()) ? 0 : 1;
        for (bool const swapping : {false, true}) {
            CAPTURE(entries);
            CAPTURE(swapping);
            values values("2.0.0", {.max_entries = entries});
            requests all(3);
            int misses = 0;
            for (int i = 0; i != count; ++i) {
                if (swapping && i % 10'000 == 5'000) values.move_to(i % 20'000 == 5'000 ? "3.0.0" : "2.0.0");
                auto const key = all.next();
                if (values->get(key)) continue;
                ++misses;
                values->put(key, "v");
            }
            CHECK(misses < lru_misses * 95 / 100);
        }
    }
}

namespace {

/// What the cache must answer as long as nothing is evicted.
struct known {
    std::string value{};
    still_clock::time_point expires{};
    still_clock::time_point stale_until{};
    bool negative = false;
};

}  // namespace

TEST_CASE("cache: random calls with swaps in their midst are answered as by a model") {
    for (std::uint64_t const seed : {1, 2, 3}) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        values values("0.1.0");
        std::size_t version = 0;
        std::unordered_map<std::string, known> model;
        auto const state_of = [&](std::string const& key) {
            auto const found = model.find(key);
            if (found == model.end()) return cache_state::missing;
            auto const& entry = found->second;
            if (entry.expires > values.clock.now())
                return entry.negative ? cache_state::negative : cache_state::fresh;
            return !entry.negative && entry.stale_until > values.clock.now() ? cache_state::stale
                                                                             : cache_state::missing;
        };
        for (int i = 0; i != 6'000; ++i) {
            auto const key = std::string(random() % 2 * 30, 'k') + std::to_string(random() % 200);
            auto const value = std::string(random() % 100, 'v') + std::to_string(i);
            std::chrono::seconds const ttl(1 + random() % 60);
            auto const expires = values.clock.now() + ttl;
            switch (random() % 10) {
                case 0:
                case 1:
                    values->put(key, value, ttl);
                    model[key] = {value, expires, expires};
                    break;
                case 2:
                    CHECK(values->erase(key) == (state_of(key) == cache_state::fresh));
                    model.erase(key);
                    break;
                case 3:
                    if (version < 3) break;
                    CHECK(values->fill(key, value, {.ttl = ttl, .stale_for = 20s}));
                    model[key] = {value, expires, expires + 20s};
                    break;
                case 4:
                    if (version < 3) break;
                    CHECK(values->fill_negative(key, ttl, 0));
                    model[key] = {"", expires, expires, true};
                    break;
                case 5:
                    values.clock.step(std::chrono::seconds(random() % 3));
                    break;
                case 6:
                    if (version == 3) {
                        auto const found = values->lookup(key);
                        CHECK(found.state == state_of(key));
                        bool const has_value =
                            found.state == cache_state::fresh || found.state == cache_state::stale;
                        CHECK(found.value == (has_value ? model[key].value : ""));
                        break;
                    }
                    [[fallthrough]];
                default: {
                    auto const found = values->get(key);
                    CHECK(found.has_value() == (state_of(key) == cache_state::fresh));
                    if (found) CHECK(*found == model[key].value);
                }
            }
            if (i % 500 != 499) continue;
            auto const next = random() % releases.size();
            values.move_to(releases[next]);
            if (next < 3 && version == 3) {  // the loss that the downgrade declares
                std::erase_if(model, [](auto const& each) { return each.second.negative; });
                for (auto& [name, entry] : model) entry.stale_until = entry.expires;
            }
            version = next;
        }
    }
}
