#include "testing/refusals.hpp"

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

using namespace hotswap_test;
using hotswap::testing::check_round_trip;
using hotswap::testing::round_trip_loss;

// Not in an unnamed namespace: clang++ would want a definition of what only its types use.
namespace hotswap_test::compared {

struct with_serialize {
    int kept = 0;
    int forgotten = 0;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& kept;
    }
    bool operator==(with_serialize const&) const = default;
};
struct forgetful {
    static constexpr hotswap::schema schema{"test.stock", 1};
    with_serialize own;
};

enum class colour : std::uint8_t { red, green };
struct inner {
    std::uint32_t limit = 0;
    colour shade = colour::red;
};
struct many_v1 {
    static constexpr hotswap::schema schema{"test.many", 1};
    std::unordered_map<std::string, inner> by_name;
    std::unordered_multimap<int, std::string> several;
    std::unordered_set<int> numbers;
    std::vector<bool> bits;
    std::array<double, 2> pair{};
    std::pair<int, std::string> both;
    std::variant<int, std::string> either;
    std::optional<inner> perhaps;
    std::unique_ptr<inner> owned;
    std::chrono::milliseconds wait{};
    hotswap::table<std::string, inner> rows;
};

}  // namespace hotswap_test::compared

using namespace hotswap_test::compared;

namespace {

/// The loss that `f` throws; fails without one.
template <class F>
round_trip_loss loss_of(F&& f) {
    try {
        f();
    } catch (round_trip_loss const& lost) {
        return lost;
    }
    FAIL("nothing was lost");
    throw std::logic_error("not reached");
}
bool says(round_trip_loss const& lost, std::string_view part) {
    return std::string_view(lost.what()).find(part) != std::string_view::npos;
}

template <class State, auto... Migrations>
struct keeper final : stock_class<State> {
    using history = hotswap::history<Migrations...>;
    using stock_class<State>::stock_class;
    std::uint64_t add(std::string_view, std::uint64_t) override { return 0; }
};

stock_v2::state widen_all(stock_v1::state&& old) { return {.items{old.items.begin(), old.items.end()}}; }
stock_v1::state cut(stock_v2::state&& now) {
    stock_v1::state old;
    for (auto const& [item, count] : now.items) old.items[item] = static_cast<std::uint32_t>(count);
    return old;
}
stock_v2::state widen_and_drop(stock_v1::state const& old) {
    auto now = widen(old);
    now.items.erase("tea");
    return now;
}
stock_v2::state unshelve_full(stock_v3::state const& now) {
    auto old = unshelve(now);
    old.items.erase("tea");
    return old;
}
stock_v3::state shelve_plain(stock_v2::state const& old) { return shelve(old, {}); }

many_v1 many() {
    many_v1 all;
    for (int i = 0; i != 100; ++i) {
        all.by_name["n" + std::to_string(i)].limit = static_cast<std::uint32_t>(i);
        all.several.emplace(i % 3, std::to_string(i));
        all.numbers.insert(i);
        all.rows.try_emplace("r" + std::to_string(i), inner{static_cast<std::uint32_t>(i), colour::green});
    }
    all.bits = {true, false};
    all.pair = {0.5, std::numeric_limits<double>::quiet_NaN()};
    all.both = {1, "one"};
    all.either = "text";
    all.perhaps = inner{7, colour::green};
    all.owned = std::make_unique<inner>(inner{8, colour::red});
    all.wait = 5ms;
    return all;
}

/// The difference of `many()` to a `many()` that `change` has changed.
template <class F>
std::string difference(F&& change) {
    auto const before = many();
    auto after = many();
    change(after);
    auto const found = hotswap::detail::comparison::between(before, after);
    return found ? found->place + ": " + found->words : "";
}

}  // namespace

TEST_CASE("round trip: a history that keeps everything, or marks what it loses, passes") {
    stock_v1::state const old{.items{{"tea", 3}, {"salt", UINT32_MAX}}};
    check_round_trip<stock_2>(old);
    check_round_trip<stock_2>(stock_v2::state{.items{{"tea", 3}}, .calls = 5});  // marked lossy
    check_round_trip<stock_3>(old, {{"shelf", "A"}});
    check_round_trip<stock_3>(stock_v2::state{.items{{"tea", 3}}, .calls = 5});
    check_round_trip<stock_3>();
    check_round_trip<stock_1>(old);
}

TEST_CASE("round trip: an unmarked downgrade that drops a field is found, with its number, name and type") {
    using loses = keeper<stock_v2::state, &widen, &narrow>;
    auto const lost = loss_of([] {
        check_round_trip<loses>(stock_v2::state{.items{{"tea", 3}}, .calls = 5});
    });
    CHECK(lost.from() == 2);
    CHECK(lost.to() == 1);
    CHECK(lost.place().starts_with("field 2, calls ("));
    CHECK(says(lost, "test.stock"));
    CHECK(says(lost, "version 2 that goes down 2 → 1 and up again"));
    CHECK(says(lost, "5 became 0"));
    CHECK(says(lost, "mark it hotswap::lossy"));
    check_round_trip<loses>(stock_v2::state{.items{{"tea", 3}}});  // nothing there to lose
}

TEST_CASE(
    "round trip: a number that a downgrade narrows is found in its entry, also with migrations that "
    "consume") {
    using loses = keeper<stock_v2::state, &widen_all, &cut>;
    auto const lost = loss_of([] {
        check_round_trip<loses>(stock_v2::state{.items{{"salt", 1}, {"tea", (std::uint64_t{1} << 32) + 2}}});
    });
    CHECK(lost.place().starts_with("field 1, items ("));
    CHECK(lost.place().ends_with("entry \"tea\""));
    CHECK(says(lost, "4294967298 became 2"));
}

TEST_CASE("round trip: an upgrade whose way back loses is found from the older state") {
    using loses = keeper<stock_v2::state, &widen_and_drop, &narrow>;
    auto const lost = loss_of([] { check_round_trip<loses>(stock_v1::state{.items{{"tea", 3}}}); });
    CHECK(says(lost, "version 1 that goes up 1 → 2 and down again"));
    CHECK(says(lost, "entry \"tea\": it is lost"));
    CHECK(lost.from() == 2);
}

TEST_CASE("round trip: a row of a table that a downgrade drops is found") {
    using loses = keeper<stock_v3::state, &widen, &shelve_plain, &unshelve_full>;
    stock_v3::state full;
    full.items.try_emplace("tea", stock_v3::row{3, {}});
    full.items.try_emplace("salt", stock_v3::row{4, {}});
    auto const lost = loss_of([&] { check_round_trip<loses>(full); });
    CHECK(lost.place().ends_with("row \"tea\""));
    CHECK(lost.from() == 3);
    // From the oldest version too: the state goes up first.
    CHECK(loss_of([] { check_round_trip<loses>(stock_v1::state{.items{{"tea", 3}}}); }).from() == 3);
}

TEST_CASE("round trip: what a serialize leaves out is found, and a migration's exception reaches the test") {
    using loses = keeper<forgetful>;
    auto const lost = loss_of([] { check_round_trip<loses>(forgetful{.own{.kept = 1, .forgotten = 2}}); });
    CHECK(says(lost, "written and read again"));
    CHECK(lost.place().starts_with("field 1, own"));
    CHECK_THROWS_WITH_AS(check_round_trip<stock_2>(stock_v2::state{.items{{"tea", std::uint64_t{1} << 40}}}),
                         "\"tea\" has too many for version 1", std::range_error);
}

TEST_CASE(
    "round trip: values are compared whatever the order of containers, and a difference names its place") {
    CHECK(difference([](many_v1& all) {
              all.by_name.rehash(1009);
              all.several.rehash(1009);
              all.numbers.rehash(1009);
          }) == "");
    auto const shade = difference([](many_v1& all) { all.by_name["n5"].shade = colour::green; });
    CHECK(shade.find("entry \"n5\", field 2, shade (") != std::string::npos);
    CHECK(shade.ends_with("): 0 became 1"));
    CHECK(difference([](many_v1& all) { all.several.find(2)->second = "x"; }).find("field 2, several") == 0);
    CHECK(difference([](many_v1& all) {
              all.several.emplace(9, "x");
          }).ends_with("entry 9: it was not there before"));
    CHECK(difference([](many_v1& all) { all.numbers.erase(50); }).ends_with("entry 50: it is lost"));
    CHECK(difference([](many_v1& all) { all.bits.flip(); }).find("field 4, bits") == 0);
    CHECK(difference([](many_v1& all) { all.pair[0] = 1; }).find("field 5, pair") == 0);
    CHECK(difference([](many_v1& all) {
              std::get<1>(all.both) = "two";
          }).ends_with("element 1: \"one\" became \"two\""));
    CHECK(difference([](many_v1& all) { all.either = 1; }).ends_with("alternative 1 became alternative 0"));
    CHECK(difference([](many_v1& all) { all.either = "other"; }).ends_with("\"text\" became \"other\""));
    CHECK(difference([](many_v1& all) { all.perhaps.reset(); }).ends_with("its value is lost"));
    CHECK(difference([](many_v1& all) { all.owned->limit = 1; }).ends_with("8 became 1"));
    CHECK(difference([](many_v1& all) { all.wait = 6ms; }).ends_with("5 became 6"));
    CHECK(difference([](many_v1& all) { all.rows.erase("r7"); }).ends_with("row \"r7\": it is lost"));
    CHECK(difference([](many_v1& all) {
              all.rows.try_emplace("new");
          }).ends_with("row \"new\": it was not there before"));
    CHECK(difference([](many_v1& all) {
              all.rows.visit("r7", [](auto& row) { row.second.limit = 70; });
          }).ends_with("row \"r7\", field 1, limit (unsigned int): 7 became 70"));
}
