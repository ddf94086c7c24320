// States as JSON, by their layout alone.
#include "report/state_json.hpp"

#include <hotswap/component.hpp>
#include <hotswap/detail/state/memory_sink.hpp>
#include <hotswap/table.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>

using namespace hotswap::detail;
using hotswap::errc;
namespace json = boost::json;

namespace state_json_samples {

enum class mood : std::uint8_t { sad, glad };
struct row {
    std::uint64_t count = 0;
    std::optional<std::string> note{};
};
struct node {
    int value = 0;
    std::unique_ptr<node> next{};
};
struct state {
    bool flag = true;
    std::int8_t small = -3;
    mood feeling = mood::glad;
    double ratio = 0.5;
    std::chrono::milliseconds wait{1500};
    std::array<std::uint8_t, 2> address{1, 2};
    std::string bytes = "\xff";
    std::map<std::string, row> rows{{"b", {2, "x"}}, {"a", {1, {}}}};
    hotswap::table<std::uint32_t, std::string> table{{7, "seven"}, {3, "three"}};
    std::variant<int, std::string> either = "text";
    node chain{1, std::make_unique<node>(node{2, nullptr})};
};

template <class State>
std::vector<std::byte> saved(State const& of) {
    std::vector<unsigned char> memory;
    hotswap::detail::memory_sink to(memory);
    hotswap::output_archive(to.out) << of;
    to.finish();
    auto const bytes = std::as_bytes(std::span(memory));
    return {bytes.begin(), bytes.end()};
}

template <class State>
layout_type layout() {
    using one = hotswap::detail::layout_text<State>;
    return parse_layout({one::text.data(), one::size}).value();
}

}  // namespace state_json_samples

using namespace state_json_samples;

TEST_CASE("state as JSON: every kind of value has its field's name, and tables the order of their keys") {
    auto const shown = state_as_json(layout<state>(), saved(state()));
    REQUIRE(shown.has_value());
    CHECK(*shown == json::parse(R"({"flag": true, "small": -3, "feeling": "glad", "ratio": 0.5, "wait": 1500,
        "address": [1, 2], "bytes": {"hex": "ff"},
        "rows": [{"key": "a", "value": {"count": 1, "note": null}}, {"key": "b", "value": {"count": 2, "note": "x"}}],
        "table": [{"key": 3, "value": "three"}, {"key": 7, "value": "seven"}],
        "either": {"alternative": 1, "value": "text"},
        "chain": {"value": 1, "next": {"value": 2, "next": null}}})"));
}

TEST_CASE("state as JSON: bytes that are cut, or go on, are refused, whatever they are") {
    auto const whole = saved(state());
    auto const type = layout<state>();
    for (std::size_t size = 0; size != whole.size(); ++size) {
        auto const cut = state_as_json(type, std::span(whole).first(size));
        REQUIRE(cut.has_error());
        CHECK(cut.error().code == errc::bad_snapshot);
    }
    auto longer = whole;
    longer.push_back(std::byte{0});
    CHECK(state_as_json(type, longer).error().code == errc::bad_snapshot);
    // Each bit turned over gives a state or a refusal, and nothing else.
    for (std::size_t bit = 0; bit != whole.size() * 8; ++bit) {
        auto bent = whole;
        bent[bit / 8] ^= std::byte{static_cast<unsigned char>(1U << bit % 8)};
        auto const shown = state_as_json(type, bent);
        if (!shown) CHECK(shown.error().code == errc::bad_snapshot);
    }
}

TEST_CASE("state as JSON: two states differ in the rows and fields that their paths name") {
    state before;
    state after;
    after.ratio = 0.25;
    after.rows["a"].count = 5;
    after.rows.erase("b");
    after.table.insert({9, "nine"});
    auto const type = layout<state>();
    auto const changes =
        state_changes(state_as_json(type, saved(before)).value(), state_as_json(type, saved(after)).value());
    REQUIRE(changes.size() == 4);
    CHECK(changes[0].path == "ratio");
    CHECK(changes[0].from == json::value(0.5));
    CHECK(changes[1].path == "rows[\"a\"].count");
    CHECK(changes[1].to == json::value(5));
    CHECK(changes[2].path == "rows[\"b\"]");
    CHECK(changes[2].to.is_null());
    CHECK(changes[3].path == "table[9]");
    CHECK(changes[3].from.is_null());
}
