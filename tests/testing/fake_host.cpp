#include "testing/refusals.hpp"

#include <hotswap/draining.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

using namespace hotswap_test;
using hotswap::testing::component;
using hotswap::testing::fake_host;

namespace {

/// A component that does what the test says when it is constructed.
struct nothing {
    static constexpr hotswap::contract contract{"test.nothing", 1};
    virtual ~nothing() = default;
};
struct nothing_state {
    static constexpr hotswap::schema schema{"test.nothing", 1};
    std::uint64_t count = 0;
};
class told final : public nothing {
public:
    using state = nothing_state;
    static inline std::function<void(hotswap::host&, state&)> begin;
    told(hotswap::host& host, state& on) : host_(host) {
        if (begin) begin(host, on);
    }
    hotswap::host& host_;
};

struct wording {
    static constexpr hotswap::contract contract{"test.wording", 1};
    virtual ~wording() = default;
    virtual int write(std::string_view line) = 0;
};
struct wording_2 : wording {
    using extends = wording;
    static constexpr hotswap::contract contract{"test.wording", 2};
    virtual int lines() = 0;
};
struct other {
    static constexpr hotswap::contract contract{"test.other", 1};
    virtual ~other() = default;
};
struct fake_wording final : wording_2 {
    int write(std::string_view) override { return ++count; }
    int lines() override { return count; }
    int count = 0;
};

}  // namespace

TEST_CASE("fake host: the test moves the clock, and timers that fall due run in the order of their times") {
    fake_host host{{.now = std::chrono::sys_days{std::chrono::days{1}}}};
    std::vector<std::string> order;
    auto const note = [&](char const* what) {
        return [&, what] {
            order.push_back(what +
                            std::to_string((host.now() - std::chrono::sys_days{std::chrono::days{1}}) / 1s));
        };
    };
    host.host().every(3s, note("three at "));
    host.host().every(2s, note("two at "));
    host.host().every(10s, 0s, note("at once at "));
    host.host().post(note("post at "));
    CHECK(host.timers() == 3);
    CHECK(host.posts() == 1);
    CHECK(host.host().now() == std::chrono::sys_days{std::chrono::days{1}});
    host.advance(0s);
    CHECK(order == std::vector<std::string>{"at once at 0", "post at 0"});
    order.clear();
    host.advance(6s);
    CHECK(order == std::vector<std::string>{"two at 2", "three at 3", "two at 4", "three at 6", "two at 6"});
    CHECK(host.now() == std::chrono::sys_days{std::chrono::days{1}} + 6s);
    CHECK(host.posts() == 0);
}

TEST_CASE("fake host: a job may ask for more jobs, and one that posts itself without end is refused") {
    fake_host host;
    int ran = 0;
    host.host().post([&] { host.host().post([&] { host.host().every(1s, [&] { ++ran; }); }); });
    host.advance(2s);
    CHECK(ran == 2);
    std::function<void()> again = [&] { host.host().post(again); };
    host.host().post(again);
    CHECK_THROWS_AS(host.advance(0s), std::logic_error);
}

TEST_CASE("fake host: an exception of a timer reaches the test, and the next advance continues") {
    fake_host host;
    int ran = 0;
    host.host().every(1s, [&] {
        if (++ran == 2) throw std::runtime_error("the second time fails");
    });
    auto const begin = host.now();
    CHECK_THROWS_WITH_AS(host.advance(5s), "the second time fails", std::runtime_error);
    CHECK(host.now() == begin + 2s);
    host.advance(2s);
    CHECK(ran == 4);
    CHECK_THROWS_AS(host.host().every(0s, [] {}), std::invalid_argument);
}

TEST_CASE("fake host: it keeps log lines, settings, origin, and whether this is a rehearsal") {
    fake_host host{{.settings = {{"limit", "10"}}, .origin = "/srv/modules", .rehearsing = true}};
    told::begin = [](hotswap::host& given, nothing_state& state) {
        state.count = std::stoul(given.settings().at("limit"));
        given.log(hotswap::level::warning, "began in " + std::string(given.origin()));
        CHECK(given.rehearsing());
        CHECK(!given.find<wording>("wording"));
        given.post([] { FAIL("a post ran in a rehearsal"); });
    };
    fake_wording words;
    host.provide<wording>("wording", words);
    component<told> const first{host};
    CHECK(first.state().count == 10);
    CHECK(host.log().front() == hotswap::testing::log_line{hotswap::level::warning, "began in /srv/modules"});
    CHECK(host.logged("no neighbours in a rehearsal"));
    host.advance(1h);
    host.clear_log();
    CHECK(host.log().empty());
    CHECK(!host.logged("began"));

    told::begin = [](hotswap::host& given, nothing_state& state) {
        state.count = std::stoul(given.settings().at("limit"));
        CHECK(given.origin() == "/opt");
        CHECK(!given.rehearsing());
    };
    host.use_settings({{"limit", "11"}});
    host.use_origin("/opt");
    host.use_rehearsal(false);
    component<told> const second{host};
    CHECK(second.state().count == 11);
    CHECK(first.object().host_.settings().at("limit") == "10");
    told::begin = nullptr;
}

TEST_CASE("fake host: a neighbour is found by its contract and by those that it extends, and by no other") {
    fake_host host;
    fake_wording words;
    host.provide<wording_2>("wording", words);
    auto const newer = host.host().find<wording_2>("wording");
    auto const older = host.host().find<wording>("wording");
    REQUIRE(newer);
    REQUIRE(older);
    CHECK(older->write("a") == 1);
    CHECK(newer->lines() == 1);
    CHECK(!host.host().find<other>("wording"));
    CHECK(host.logged("implements the contract test.wording 2, asked for was test.other 1"));
    CHECK(!host.host().find<wording>("nowhere"));
    CHECK(host.logged("no component \"nowhere\""));

    fake_wording anew;
    host.provide<wording>("wording", anew);
    CHECK(older->write("b") == 1);
    CHECK_THROWS_AS(newer->lines(), std::runtime_error);
    host.withdraw("wording");
    CHECK_THROWS_WITH_AS(older->write("c"), "\"wording\" is not loaded any more", std::runtime_error);
    CHECK(!older.try_enter());
    auto copy = older;
    host.provide<wording>("wording", words);
    CHECK(copy.try_enter()->write("d") == 2);
}

TEST_CASE("fake host: a drain wakes the waits of a component, and its timers wait for the end of the drain") {
    fake_host host;
    hotswap::drain_signal const signal{host.host()};
    int ran = 0;
    host.host().every(1s, [&] { ++ran; });
    auto const token = signal.token();
    std::mutex mutex;
    std::condition_variable_any changed;
    std::thread caller([&] {
        std::unique_lock lock(mutex);
        changed.wait(lock, token, [] { return false; });
    });
    CHECK(!host.host().draining());
    host.begin_drain();
    caller.join();
    CHECK(host.host().draining());
    CHECK(signal.token().stop_requested());
    host.advance(5s);
    CHECK(ran == 0);
    host.end_drain();
    CHECK(!host.host().draining());
    CHECK(!signal.token().stop_requested());
    host.advance(1s);
    CHECK(ran >= 1);
}

TEST_CASE("fake host: it counts pins, also those that outlive their instance") {
    fake_host host;
    std::optional<hotswap::module_pin> kept;
    {
        component<told> const pinned{host};
        kept.emplace(pinned.object().host_.pin());
        CHECK(host.pins() == 1);
    }
    CHECK(host.pins() == 1);
    kept.reset();
    CHECK(host.pins() == 0);
}
