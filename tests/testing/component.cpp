#include "testing/refusals.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <span>
#include <utility>
#include <vector>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::testing::component;
using hotswap::testing::fake_host;

namespace {

struct edited_state {
    static constexpr hotswap::schema schema{"test.stock", 1};
    std::map<std::string, std::uint64_t> items;  // not as it was released
};
class edited final : public stock_class<edited_state> {
public:
    using stock_class::stock_class;
    std::uint64_t add(std::string_view, std::uint64_t) override { return 0; }
};

// A release that does not serve: what it does is set by the test.
class trouble final : public stock_class<stock_v2::state> {
public:
    using history = hotswap::history<&widen>;
    static inline bool throws = false;
    trouble(hotswap::host& host, state& on) : stock_class(host, on) {
        host.every(1s, [] {});
        if (throws) throw std::runtime_error("no port is free");
    }
    std::uint64_t add(std::string_view, std::uint64_t) override { return 0; }
    bool healthy() { return state_.calls == 0; }
};

// Has something that there is only one of.
class sole final : public stock_class<stock_v2::state> {
public:
    static inline sole* owner = nullptr;
    sole(hotswap::host& host, state& on) : stock_class(host, on) {
        if (owner != nullptr) throw std::runtime_error("it is taken");
        if (on.calls % 70 == 7) throw std::runtime_error("seven");
        owner = this;
    }
    ~sole() override {
        if (owner == this) owner = nullptr;
    }
    void release() { owner = nullptr; }
    void resume() {
        owner = this;
        if (state_.calls == 77) throw std::runtime_error("the port is gone");
    }
    std::uint64_t add(std::string_view, std::uint64_t) override { return ++state_.calls; }
};

struct legacy_stock final : stock_class<stock_v2::state> {
    using history = hotswap::history<&widen>;
    static stock_v1::state adopt(std::span<std::byte const> bytes) {
        if (bytes.empty()) throw std::invalid_argument("there is nothing");
        return {.items{{"adopted", static_cast<std::uint32_t>(bytes.size())}}};
    }
    using stock_class::stock_class;
    std::uint64_t add(std::string_view, std::uint64_t) override { return 0; }
};

}  // namespace

TEST_CASE(
    "component: it is constructed on a fresh state, on a given one, with a fake host of its own or given") {
    component<stock_2> fresh;
    CHECK(fresh->add("tea", 2) == 2);
    CHECK(fresh.state().calls == 1);
    fake_host host;
    component<stock_2> const given{host, {.items{{"tea", 5}}}};
    CHECK((*given).add("tea", 1) == 6);
    CHECK(&given.host() == &host);
    CHECK(given.object().state_.calls == 1);
    CHECK(given.healthy());
    auto moved = std::move(fresh);
    CHECK(moved->add("tea", 1) == 3);
    CHECK_THROWS_AS(fresh->add("tea", 1), std::logic_error);
    fresh = std::move(moved);
    CHECK(fresh->add("tea", 1) == 4);
}

TEST_CASE(
    "component: a state that validate refuses, or on which the constructor throws, leaves nothing behind") {
    auto const before = stock_class<stock_v2::state>::living;
    CHECK(code_of([] { component<stock_2>{stock_v2::state{.items{{"", 1}}}}; }) == errc::validation_failed);
    trouble::throws = true;
    fake_host host;
    CHECK(code_of([&] { component<trouble>{host}; }) == errc::construct_failed);
    CHECK(host.timers() == 0);
    trouble::throws = false;
    component<trouble> const sick{host, {.items{}, .calls = 1}};
    CHECK(!sick.healthy());
    CHECK(stock_class<stock_v2::state>::living == before + 1);
}

TEST_CASE("component: a restart writes the state, reads it and constructs anew, with new timers") {
    fake_host host;
    component<trouble> restarted{host, {.items{{"tea", 5}}}};
    auto const* const before = &restarted.state();
    restarted.restart();
    CHECK(restarted.state().items.at("tea") == 5);
    CHECK(before != nullptr);
    CHECK(host.timers() == 1);
    CHECK(trouble::living == 1);
}

TEST_CASE("component: a swap goes up along the newer class's history and down along it, with arguments") {
    fake_host host;
    component<stock_1> oldest{host};
    oldest->add("tea", 3);
    auto newest = oldest.swap_to<stock_3>({.arguments = {{"shelf", "A"}}});
    CHECK_THROWS_AS(oldest->add("tea", 1), std::logic_error);
    CHECK(newest->add("tea", 1) == 4);
    std::string shelf;
    newest.state().items.cvisit("tea", [&](auto const& row) { shelf = row.second.shelf; });
    CHECK(shelf == "A");
    auto again = newest.swap_to<stock_3>();
    CHECK(code_of([&] { static_cast<void>(again.swap_to<stock_1>()); }) == errc::lossy_refused);
    auto back = again.swap_to<stock_1>({.allow_loss = true});
    CHECK(back->add("tea", 1) == 5);
    CHECK(stock_class<stock_v3::state>::living == 0);
}

TEST_CASE("component: a refused swap leaves the old one serving, its timers and its drain as before") {
    fake_host host;
    component<stock_2> now{host, {.items{{"tea", std::uint64_t{1} << 40}}}};
    now.object().host_.every(1s, [] {});
    auto const refused = [&] { static_cast<void>(now.swap_to<stock_1>({.allow_loss = true})); };
    CHECK(code_of(refused) == errc::migration_failed);
    CHECK_THROWS_WITH_AS(refused(), doctest::Contains("2 → 1 threw: \"tea\" has too many"),
                         hotswap::swap_error);
    trouble::throws = true;
    CHECK(code_of([&] { static_cast<void>(now.swap_to<trouble>()); }) == errc::construct_failed);
    trouble::throws = false;
    CHECK(!now.object().host_.draining());
    CHECK(host.timers() == 1);
    CHECK(now->add("tea", 1) == (std::uint64_t{1} << 40) + 1);

    component<stock_1> older{host};
    CHECK(code_of([&] { static_cast<void>(older.swap_to<edited>()); }) == errc::layout_changed);
    CHECK(code_of([&] { static_cast<void>(component<trouble>(host).swap_to<stock_1>()); }) ==
          errc::no_migration_path);
    CHECK(code_of([&] { static_cast<void>(older.swap_to<sole>()); }) == errc::no_migration_path);
}

TEST_CASE("component: release comes before the next constructor, and resume after a refusal") {
    component<sole> first;
    auto second = first.swap_to<sole>();
    CHECK(sole::owner == &second.object());
    second.state().calls = 7;
    CHECK(code_of([&] { static_cast<void>(second.swap_to<sole>()); }) == errc::construct_failed);
    CHECK(sole::owner == &second.object());
    CHECK(second->add("tea", 1) == 8);
    second.state().calls = 77;
    CHECK(code_of([&] { static_cast<void>(second.swap_to<sole>()); }) == errc::construct_failed);
    CHECK(second.host().logged("resume threw: the port is gone"));
}

TEST_CASE("component: its snapshot is a frame as the runtime writes it, and every later class loads it") {
    component<stock_1> oldest{stock_v1::state{.items{{"tea", 3}}}};
    auto const bytes = oldest.snapshot();
    auto const frame = hotswap::read_frame(bytes).value();
    CHECK(frame.schema == "test.stock");
    CHECK(frame.version == 1);
    CHECK(frame.layout == hotswap::layout_of<stock_v1::state>().fingerprint);
    CHECK(component<stock_1>::load(bytes)->add("tea", 1) == 4);
    fake_host host;
    CHECK(component<stock_3>::load(host, bytes)->add("tea", 1) == 4);
    CHECK(code_of([&] { component<edited>::load(bytes); }) == errc::layout_changed);
    CHECK(code_of([&] { component<sole>::load(bytes); }) == errc::no_migration_path);
    auto damaged = bytes;
    damaged.back() ^= std::byte{1};
    CHECK(code_of([&] { component<stock_1>::load(damaged); }) == errc::bad_snapshot);
}

TEST_CASE("component: data from before hotswap goes through adopt") {
    std::vector<std::byte> const bytes(4);
    CHECK(component<legacy_stock>::adopt(bytes).state().items.at("adopted") == 4);
    CHECK(code_of([] { component<legacy_stock>::adopt({}); }) == errc::adopt_failed);
}
