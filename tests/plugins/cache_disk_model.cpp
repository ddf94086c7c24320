// The cache's second tier against a model: random calls, and in their midst swaps, restarts and deaths of the process.
#include "plugins/cache_hosts.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace hotswap_test;
using hotswap::contracts::cache_state;

namespace {

/// The calls of a cache with a tier on disk, each compared with what was acknowledged before.
class model {
public:
    explicit model(std::uint64_t seed) : random_(seed) { begin({}); }

    void step() {
        // While the tier is not open what memory evicts is gone.
        if ((*cache_)->stats().disk_bytes == 0) doubt_all();
        auto const key = "k" + std::to_string(below(60));
        switch (below(12)) {
            case 0:
            case 1:
            case 2:
            case 3:
                return put(key);
            case 4:
            case 5:
            case 6:
                return get(key);
            case 7:
                return erase(key);
            case 8:
                return has_leases_ ? look_up(key) : get(key);
            case 9:
                return has_leases_ ? fill(key) : put(key);
            case 10:
                return has_leases_ ? fill_negative(key) : erase(key);
            default:
                cache_->clock.step(std::chrono::milliseconds(below(3'000)));
        }
    }
    void change() {
        disk_hits_ = disk_hits();
        switch (below(8)) {
            case 0:
                restart(true);
                break;
            case 1:
                restart(false);
                break;
            case 2:
            case 3:
                move("2.0.0");
                break;
            default:
                move("3.0.0");
        }
        counted_ = (*cache_)->stats().disk_hits;
    }
    std::uint64_t disk_hits() const { return disk_hits_ + (*cache_)->stats().disk_hits - counted_; }

private:
    struct one {
        std::optional<std::string> value{};
        still_clock::time_point expires{};
        still_clock::time_point stale_until{};
        bool certain = false;  // it is still there, unless its time is over
    };

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    still_clock::time_point now() const { return cache_->clock.now(); }
    bool is_fresh(one const& known) const { return known.value && known.expires > now(); }
    void doubt_all() {
        for (auto& [key, known] : known_) known.certain = false;
    }

    void begin(std::vector<std::byte> const& snapshot) {
        auto const before = !cache_ ? still_clock().now() : now();
        cache_.reset();
        cache_.emplace(at_.path, hotswap::settings{}, "3.0.0", snapshot);
        cache_->clock.step(before - now());
        has_leases_ = true;
    }
    void restart(bool with_snapshot) {
        if (!with_snapshot || !has_leases_) doubt_all();
        begin(with_snapshot ? cache_->snapshot() : std::vector<std::byte>{});
    }
    void move(std::string_view release) {
        constexpr std::array all{hotswap::transfer::direct, hotswap::transfer::snapshot,
                                 hotswap::transfer::handoff};
        bool const is_lossy = release != "3.0.0" || !has_leases_;
        auto const report =
            cache_->swap(release, {.transfer = is_lossy ? hotswap::transfer::direct : all[below(all.size())],
                                   .allow_loss = true,
                                   .even_if_unchanged = true});
        CHECK(report.warnings.empty());
        CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
        if (is_lossy) {
            doubt_all();
            for (auto& [key, known] : known_) known.stale_until = known.expires;
            cache_->clock.step(10s);  // the tier is opened again
        }
        has_leases_ = release == "3.0.0";
    }

    std::string any_value() {
        return std::to_string(++values_) + std::string(below(3) == 0 ? below(3'000) : 0, 'v');
    }
    std::chrono::nanoseconds any_ttl() { return std::chrono::milliseconds(1 + below(60'000)); }
    void know(std::string const& key, std::optional<std::string> value, std::chrono::nanoseconds ttl,
              std::chrono::nanoseconds stale_for) {
        known_[key] = {std::move(value), now() + ttl, now() + ttl + stale_for, has_leases_};
    }

    void put(std::string const& key) {
        auto const value = any_value();
        auto const ttl = any_ttl();
        (*cache_)->put(key, value, ttl);
        know(key, value, ttl, 0ns);
    }
    void get(std::string const& key) {
        auto const& known = known_[key];
        auto const found = (*cache_)->get(key);
        if (found) {
            REQUIRE(is_fresh(known));
            REQUIRE(*found == *known.value);
        } else if (known.certain) {
            REQUIRE_FALSE(is_fresh(known));
        }
    }
    void erase(std::string const& key) {
        auto& known = known_[key];
        bool const was_there = (*cache_)->erase(key);
        if (was_there || known.certain) REQUIRE(was_there == is_fresh(known));
        known = {};
    }
    void look_up(std::string const& key) {
        auto const& known = known_[key];
        auto const found = (*cache_)->lookup(key);
        if (found.state == cache_state::fresh || found.state == cache_state::stale) {
            REQUIRE(known.value.has_value());
            REQUIRE(found.value == *known.value);
            REQUIRE(known.stale_until > now());
            REQUIRE((found.state == cache_state::fresh) == is_fresh(known));
        } else if (found.state == cache_state::negative) {
            REQUIRE_FALSE(known.value.has_value());
        } else if (known.certain && known.value) {
            REQUIRE(known.stale_until <= now());
        }
        if (found.lease == 0) return;
        if (below(2) == 0)
            CHECK((*cache_)->abandon(key, found.lease));
        else
            fill(key, found.lease);
    }
    void fill(std::string const& key, std::uint64_t lease = 0) {
        auto const value = any_value();
        auto const ttl = any_ttl();
        auto const stale_for = std::chrono::seconds(below(2) * 20);
        CHECK((*cache_)->fill(key, value, {.ttl = ttl, .stale_for = stale_for, .lease = lease}));
        know(key, value, ttl, stale_for);
    }
    void fill_negative(std::string const& key) {
        auto const ttl = any_ttl();
        CHECK((*cache_)->fill_negative(key, ttl, 0));
        know(key, std::nullopt, ttl, 0ns);
    }

    std::mt19937_64 random_;
    scratch_directory at_;
    std::optional<on_disk> cache_;
    bool has_leases_ = true;  // release 3.0.0
    std::map<std::string, one> known_;
    std::uint64_t values_ = 0;
    std::uint64_t disk_hits_ = 0;
    std::uint64_t counted_ = 0;  // of these, those of the generation that serves
};

/// The calls of hosts that are killed, each of which goes on with the files of the one before.
class killed_hosts {
public:
    explicit killed_hosts(std::uint64_t seed) : random_(seed) {}

    /// A host that dies within so many microseconds, or at its end.
    void run(int lifetime_us) {
        std::vector<std::string> words;
        for (int i = 0; i != 400; ++i) {
            auto const key = "k" + std::to_string(random_() % 60);
            auto const what = random_() % 12;
            if (what == 0 && i % 10 == 0)
                words.push_back(i % 20 == 0 ? "swap 3.0.0" : "swap 2.0.0");
            else
                words.push_back(what < 5 ? "put " + key + " " + std::to_string(++values_)
                                         : (what < 10 ? "get " : "erase ") + key);
        }
        std::string all = lifetime_us == 0 ? "" : "die " + std::to_string(lifetime_us) + " ";
        for (auto const& each : words) all += each + " ";
        std::istringstream said(run_host(at_.path, all + "kill"));
        std::string line;
        std::size_t done = 0;
        for (; done != words.size() && std::getline(said, line); ++done) compare(words[done], line);
        // The call in whose midst the host died may have been made, or not.
        if (done != words.size() && words[done].starts_with("put ")) {
            auto const [key, value] = put_of(words[done]);
            known_[key].insert(value);
        }
        calls_ += done;
    }
    std::size_t calls() const { return calls_; }
    std::size_t found() const { return found_; }

private:
    static std::pair<std::string, std::string> put_of(std::string const& words) {
        auto const space = words.find(' ', 4);
        return {words.substr(4, space - 4), words.substr(space + 1)};
    }
    void compare(std::string const& words, std::string const& answer) {
        CAPTURE(words);
        if (words.starts_with("put ")) {
            REQUIRE(answer == "stored");
            auto const [key, value] = put_of(words);
            known_[key] = {value};
        } else if (words.starts_with("get ")) {
            if (answer == "nothing") return;
            auto& known = known_[words.substr(4)];
            REQUIRE(known.contains(answer));
            known = {answer};
            ++found_;
        } else if (words.starts_with("erase ")) {
            known_[words.substr(6)].clear();
        }
    }

    std::mt19937_64 random_;
    scratch_directory at_;
    std::map<std::string, std::set<std::string>> known_;  // the values that a key may have, if it has one
    std::uint64_t values_ = 0;
    std::size_t calls_ = 0;
    std::size_t found_ = 0;
};

}  // namespace

TEST_CASE(
    "cache on disk: a model and the cache agree on every answer, with random calls, swaps and restarts") {
    std::uint64_t disk_hits = 0;
    for (std::uint64_t seed = 1; seed != 6; ++seed) {
        CAPTURE(seed);
        model both(seed);
        for (int i = 0; i != 3'000; ++i) {
            CAPTURE(i);
            both.step();
            if (i % 150 == 149) both.change();
        }
        disk_hits += both.disk_hits();
    }
    CHECK(disk_hits > 500);
}

TEST_CASE("cache on disk: hosts that are killed at any moment leave no value that was replaced or erased") {
    for (std::uint64_t seed = 1; seed != 4; ++seed) {
        CAPTURE(seed);
        killed_hosts hosts(seed);
        for (int i = 0; i != 12; ++i) {
            CAPTURE(i);
            hosts.run(i % 4 == 0 ? 0 : 1'000 * i);
        }
        CHECK(hosts.calls() > 1'000);
        CHECK(hosts.found() > 50);
    }
}
