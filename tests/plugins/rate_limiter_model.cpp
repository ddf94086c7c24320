#include "plugins/rate_limiter.hpp"

#include <initializer_list>
#include <random>

using namespace hotswap_test;

namespace {

/// The same sequence every time.
class sequence {
public:
    explicit sequence(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    template <class Value>
    Value const& one_of(std::initializer_list<Value> values) {
        return *(values.begin() + below(values.size()));
    }
    rate_limit limit() {
        return {.tokens = static_cast<std::uint32_t>(1 + below(20)),
                .per = std::chrono::milliseconds(100 + below(4000)),
                .burst = static_cast<std::uint32_t>(1 + below(12))};
    }

private:
    std::mt19937_64 random_;
};

/// A limiter and its model, with one clock.
struct pair {
    pair(std::string_view release, rate_settings const& settings)
        : real(release, settings), model(settings), version(releases.size()) {
        for (version = 0; releases[version] != release; ++version) {
        }
        model.configure({}, real.clock.now());  // a global limit begins with the next settings
        model.configure(settings, real.clock.now());
    }

    /// Steps the clock, but never back by more than 50 s in all: a client that has been idle for a minute
    /// may be forgotten, and a clock that goes back behind its time would tell.
    void step(std::chrono::nanoseconds by) {
        auto const now = real.clock.now();
        highest = std::max(highest, now + by);
        real.clock.step(std::max(now + by, highest - 50s) - now);
    }
    void configure(rate_settings const& settings) {
        real->configure(settings);
        model.configure(settings, real.clock.now());
    }
    void move_to(std::size_t release) {
        real.move_to(releases[release]);
        auto kept = model.settings();
        if (release == 0) kept.global.reset();
        if (release < 3) kept.penalty.reset();
        if (release < 3) kept.plans.clear();
        model.configure(kept, real.clock.now());
        version = release;
    }
    void acquire(std::string_view client, std::uint32_t cost) {
        REQUIRE(real->acquire(client, cost) == model.acquire(client, cost, real.clock.now()));
    }
    void acquire(std::vector<rate_request> const& batch) {
        std::vector<rate_verdict> verdicts(batch.size());
        real->acquire(batch, verdicts);
        for (std::size_t i = 0; i != batch.size(); ++i)
            REQUIRE(verdicts[i] == model.acquire(batch[i].client, batch[i].cost, real.clock.now()));
    }

    limiter real;
    rate_model model;
    std::size_t version;
    still_clock::time_point highest{};
};

rate_settings any_settings(sequence& random, std::size_t version) {
    rate_settings settings{.client = random.limit()};
    if (version != 0 && random.below(3) != 0) settings.global = random.limit();
    return settings;
}

/// A second's worth of time, or what happens to clocks now and then.
std::chrono::nanoseconds any_step(sequence& random) {
    std::chrono::nanoseconds const usual(random.below(700'000'000));
    return random.one_of<std::chrono::nanoseconds>(
        {usual, usual, usual, usual, usual, usual, 0ns, 0ns, 1ns, 1h, -usual, -50s});
}

}  // namespace

TEST_CASE("rate_limiter: every release, and swaps up and down among them, give the verdicts of the model") {
    for (std::size_t run = 0; run != 5; ++run) {  // the last one swaps
        CAPTURE(run);
        sequence random(20'240'607 + run);
        pair both(releases[run % 4], any_settings(random, run % 4));
        for (int step = 0; step != 3000; ++step) {
            CAPTURE(step);
            CAPTURE(both.version);
            if (run == 4 && step % 50 == 0) both.move_to(random.below(releases.size()));
            if (random.below(40) == 0) both.configure(any_settings(random, both.version));
            both.step(any_step(random));
            auto const client = [&] { return random.one_of({"a"sv, "b"sv, "c"sv, "d"sv}); };
            auto const cost = [&] { return static_cast<std::uint32_t>(random.below(5)); };
            if (random.below(8) == 0)
                both.acquire({{client(), cost()}, {client(), cost()}, {client(), cost()}});
            else
                both.acquire(client(), cost());
        }
    }
}

TEST_CASE("rate_limiter: plans and penalties with decay give the verdicts of the model, by any transfer") {
    rate_penalty const soon{.violations = 2, .decay = 300ms, .block = 2s};
    rate_penalty const late{.violations = 5, .decay = 1s, .block = 700ms};
    rate_settings const settings{
        .client = {.tokens = 10, .burst = 4},
        .global{{.tokens = 30, .burst = 12}},
        .penalty = late,
        .plans = {{.client = "g", .prefix = true, .limit = {.tokens = 3, .burst = 3}, .penalty = soon},
                  {.client = "gold", .prefix = true, .limit = {.tokens = 5, .burst = 6}, .penalty{}},
                  {.client = "gold", .prefix = false, .limit = {.tokens = 9, .burst = 9}, .penalty = late}}};
    sequence random(7);
    pair both("3.0.0", settings);
    for (int step = 0; step != 12'000; ++step) {
        CAPTURE(step);
        if (step % 200 == 0)
            both.real.swap("3.0.0",
                           {.transfer = random.one_of({hotswap::transfer::direct, hotswap::transfer::snapshot,
                                                       hotswap::transfer::handoff}),
                            .even_if_unchanged = true});
        both.step(any_step(random) / 3);
        both.acquire(random.one_of({"gold"sv, "golden"sv, "green"sv, "blue"sv}),
                     static_cast<std::uint32_t>(random.below(5)));
    }
    CHECK(both.real->stats().penalties > 100);
    CHECK(both.real->stats().refused_by_all > 100);
}
