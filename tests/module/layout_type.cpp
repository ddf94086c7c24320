// Layouts as text: written by the compiler, read as a tree, and compared in words.
#include "module/layout_type.hpp"

#include <hotswap/component.hpp>
#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

using hotswap::detail::layout_difference;
using hotswap::detail::parse_layout;

namespace layout_samples {

enum class mood : std::int16_t { sad = -1, glad = 3 };
struct empty {};
struct row {
    std::uint64_t count;
    std::optional<std::string> note;
};
struct node {
    int value;
    std::unique_ptr<node> next;
};
struct all {
    bool flag;
    char letter;
    mood feeling;
    float ratio;
    std::chrono::milliseconds wait;
    std::chrono::sys_time<std::chrono::nanoseconds> when;
    std::array<std::uint8_t, 4> address;
    std::vector<bool> bits;
    std::deque<row> rows;
    std::set<std::string> names;
    std::map<std::string, std::pair<int, double>> scores;
    hotswap::table<std::string, row> table;
    std::variant<int, std::string> either;
    empty nothing;
    node chain;
};

template <class State>
std::string text() {
    using one = hotswap::detail::layout_text<State>;
    return {one::text.data(), one::size};
}

struct one {
    std::uint32_t limit;
    row inner;
    mood feeling;
};
struct wider {
    std::uint64_t limit;
    row inner;
    mood feeling;
};
struct renamed {
    std::uint32_t most;
    row inner;
    mood feeling;
};
struct exchanged {
    row inner;
    std::uint32_t limit;
    mood feeling;
};
namespace other {
struct row {
    std::uint64_t count;
    std::optional<std::uint32_t> note;
};
enum class mood : std::int16_t { sad = -1, glad = 4 };
}  // namespace other
struct deeper {
    std::uint32_t limit;
    other::row inner;
    mood feeling;
};
struct moody {
    std::uint32_t limit;
    row inner;
    other::mood feeling;
};

}  // namespace layout_samples

using namespace layout_samples;

TEST_CASE("layout text: every kind of field is written with its name and its type") {
    CHECK(text<all>() ==
          "{flag:bool;letter:i8;feeling:enum mood:i16(sad=18446744073709551615,glad=3);ratio:f32;"
          "wait:duration<i64,1/1000>;when:time<i64,1/1000000000>;address:array<u8,4>;bits:list<bool>;"
          "rows:list<row{count:u64;note:optional<string>}>;names:set<string>;"
          "scores:map<string,tuple<i32,f64>>;table:table<string,row{count:u64;note:optional<string>}>;"
          "either:variant<i32,string>;nothing:{};chain:node{value:i32;next:optional<^2>}}");
}

TEST_CASE("layout text: what is written is read again, and what is cut, doubled or bent is not") {
    auto const whole = text<all>();
    auto const tree = parse_layout(whole);
    REQUIRE(tree.has_value());
    CHECK(tree->fields.size() == 15);
    for (std::size_t size = 0; size != whole.size(); ++size) CHECK_FALSE(parse_layout(whole.substr(0, size)));
    CHECK_FALSE(parse_layout(whole + "}"));
    for (auto const* const bent : {"u7", "u", "x32", "map<u8>", "list<>", "array<u8>", "duration<i64,1/0>",
                                   "enum a:u8(b=)", "{a u8}", "u256", "list<list<list<"})
        CHECK_FALSE(parse_layout(bent));
    std::string deep;
    for (int i = 0; i != 100'000; ++i) deep += "list<";
    CHECK_FALSE(parse_layout(deep));
}

TEST_CASE("layout text: the first difference is named with its path") {
    auto const difference = [](std::string const& there, std::string const& here) {
        return layout_difference(parse_layout(there).value(), parse_layout(here).value());
    };
    CHECK(difference(text<one>(), text<one>()).empty());
    CHECK(difference(text<one>(), text<wider>()) == "the field limit is u32 there and u64 here");
    CHECK(difference(text<one>(), text<renamed>()) == "the field limit is only there");
    CHECK(difference(text<one>(), text<exchanged>()) == "the field inner stands where limit stands there");
    CHECK(difference(text<one>(), text<deeper>()) == "the field inner.note is string there and u32 here");
    CHECK(difference(text<one>(), text<moody>()) == "the field feeling: the enumerators of mood differ");
    CHECK(difference("{rows:table<string,a{x:u8}>}", "{rows:table<string,a{x:u8;y:u8}>}") ==
          "the field rows.y is only here");
}
