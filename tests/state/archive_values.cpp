#include "state/bytes.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

using hotswap_test::decode;
using hotswap_test::encode;
using hotswap_test::round_trip;

namespace {

enum class color : std::uint8_t { red, green = 200 };
enum plain { first, second };
enum class choice : bool { no, yes };

struct nothing {
    bool operator==(nothing const&) const = default;
};

struct point {
    int x = 0;
    double y = 0;
    auto operator<=>(point const&) const = default;
};

struct line {
    point from;
    point to;
    std::string name;
    bool operator==(line const&) const = default;
};

struct drawing {
    std::vector<line> lines;
    std::map<std::string, std::vector<point>> layers;
    std::optional<std::string> title;
    std::variant<std::monostate, int, line> selected;
    nothing none;
    std::array<std::string, 3> tags;
    bool operator==(drawing const&) const = default;
};

struct tree {
    int value = 0;
    std::vector<tree> children;
    bool operator==(tree const&) const = default;
};

struct chain {
    int value = 0;
    std::unique_ptr<chain> next;
};

struct menu {
    std::map<std::string, menu> entries;
    std::optional<std::vector<menu>> recent;
    bool operator==(menu const&) const = default;
};

struct throwing {
    int value = 0;
    throwing() = default;
    throwing(throwing const&) { throw 1; }
    throwing& operator=(throwing const&) = default;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& value;
    }
};

template <class T>
void check_same(T const& value) {
    CHECK(round_trip(value) == value);
}

}  // namespace

TEST_CASE("archive: every scalar comes back, at both ends of its range") {
    auto const check_range = []<class T>(T) {
        check_same(std::numeric_limits<T>::min());
        check_same(std::numeric_limits<T>::max());
        check_same(std::numeric_limits<T>::lowest());
        check_same(T{1});
        CHECK(encode(T{}).size() == sizeof(T));
    };
    std::apply([&](auto... scalar) { (check_range(scalar), ...); },
               std::tuple<char, signed char, unsigned char, wchar_t, char8_t, char16_t, char32_t, short,
                          unsigned short, int, unsigned, long, unsigned long, long long, unsigned long long,
                          float, double>{});
    check_same(true);
    check_same(false);
    check_same(std::byte{0xa5});
}

TEST_CASE(
    "archive: floating-point numbers keep infinities, signed zero, subnormals and the bits of a long "
    "double") {
    check_same(std::numeric_limits<double>::infinity());
    check_same(-std::numeric_limits<float>::infinity());
    check_same(std::numeric_limits<double>::denorm_min());
    CHECK(std::signbit(round_trip(-0.0)));
    CHECK(std::isnan(round_trip(std::numeric_limits<double>::quiet_NaN())));

    check_same(std::numeric_limits<long double>::max());
    check_same(std::numeric_limits<long double>::denorm_min());
    check_same(1.0L / 3);
    check_same(std::vector<long double>{1.0L / 3, -2.5L, std::numeric_limits<long double>::infinity()});
    check_same(std::array<long double, 2>{1.0L / 7, 2});
}

TEST_CASE("archive: equal states are written as equal bytes, whatever lay in the padding") {
    auto const with_dirt = [](unsigned char dirt) {
        alignas(long double) unsigned char memory[sizeof(long double)];
        std::fill(std::begin(memory), std::end(memory), dirt);
        auto* const number = new (memory) long double(1.5L);
        return encode(*number);
    };
    CHECK(with_dirt(0x00) == with_dirt(0xff));
    CHECK(encode(point{1, 2}).size() == sizeof(int) + sizeof(double));
}

TEST_CASE("archive: enums come back as their value") {
    check_same(color::green);
    check_same(second);
    check_same(choice::yes);
    check_same(std::vector{color::red, color::green});
}

TEST_CASE("archive: strings of every character type come back, with zeros inside, and empty") {
    using namespace std::string_literals;
    check_same(""s);
    check_same("a\0b"s);
    check_same(std::string(100'000, 'x'));
    check_same(L"wide \u20ac"s);
    check_same(u8"\u20ac"s);
    check_same(u"\u20ac"s);
    check_same(U"\u20ac"s);
    check_same(std::vector{"one"s, ""s, "three"s});
}

TEST_CASE("archive: durations and time points of any unit and representation come back") {
    using namespace std::chrono;
    check_same(nanoseconds::min());
    check_same(hours{-3});
    check_same(duration<double, std::ratio<1, 7>>{0.25});
    check_same(sys_time<milliseconds>{milliseconds{1'700'000'000'123}});
    check_same(sys_days{2024y / February / 29});
    check_same(system_clock::now());
    check_same(file_clock::time_point{nanoseconds{42}});
    check_same(std::vector{seconds{1}, seconds{2}});
}

TEST_CASE("archive: sequences come back in order, empty ones too") {
    check_same(std::vector<int>{});
    check_same(std::vector<std::uint16_t>{1, 2, 3});
    check_same(std::vector<std::string>{"a", "b"});
    check_same(std::vector<std::vector<int>>{{}, {1}, {2, 3}});
    check_same(std::vector<bool>{true, false, true, true, false, false, false, true, true});
    check_same(std::vector<bool>{});
    check_same(std::deque<int>{1, 2, 3});
    check_same(std::deque<bool>{true, false});
    check_same(std::deque<std::string>{"a", "b"});
    check_same(std::list<double>{1, 2});
    check_same(std::list<std::vector<bool>>{{true}, {}});
    check_same(std::array<int, 3>{1, 2, 3});
    check_same(std::array<bool, 3>{true, false, true});
    check_same(std::array<std::string, 2>{"a", "b"});
    check_same(std::array<std::array<std::string, 2>, 2>{{{"a", "b"}, {"c", "d"}}});
    check_same(std::array<std::string, 0>{});
    check_same(std::vector<std::array<int, 0>>(5));
}

TEST_CASE("archive: sets and maps come back, ordered and not, with repeated keys where they allow it") {
    check_same(std::set<int>{3, 1, 2});
    check_same(std::set<std::string, std::greater<>>{"a", "b"});
    check_same(std::multiset<int>{1, 1, 2});
    check_same(std::unordered_set<std::string>{"a", "b"});
    check_same(std::unordered_multiset<int>{1, 1, 2});
    check_same(std::map<std::string, int>{{"a", 1}, {"b", 2}});
    check_same(std::map<std::string, std::map<int, bool>>{{"a", {{1, true}}}, {"b", {}}});
    check_same(std::multimap<int, std::string>{{1, "x"}, {1, "a"}, {2, "c"}});
    check_same(std::unordered_map<int, std::string>{{1, "a"}, {2, "b"}});
    check_same(std::unordered_multimap<int, int>{{1, 1}, {1, 2}});
    check_same(std::map<point, line>{{point{1, 2}, line{{1, 2}, {3, 4}, "a"}}});
    check_same(std::map<int, nothing>{{1, {}}, {2, {}}});
    check_same(std::set<std::pair<int, std::string>>{{1, "a"}, {1, "b"}});
}

TEST_CASE("archive: a multimap keeps the order of equal keys") {
    auto const back = round_trip(std::multimap<int, std::string>{{1, "x"}, {1, "a"}, {1, "m"}});
    CHECK(std::vector<std::pair<int const, std::string>>(back.begin(), back.end()) ==
          std::vector<std::pair<int const, std::string>>{{1, "x"}, {1, "a"}, {1, "m"}});
}

TEST_CASE("archive: pairs, tuples, optionals and variants come back") {
    check_same(std::pair{1, std::string("a")});
    check_same(std::tuple{1, 2.5, std::string("a"), true});
    check_same(std::tuple<>{});
    check_same(std::optional<int>{});
    check_same(std::optional{std::string("a")});
    check_same(std::optional{std::optional<int>{}});
    check_same(std::vector<std::optional<int>>{1, std::nullopt, 3});
    check_same(std::monostate{});
    using either = std::variant<std::monostate, int, std::string, point>;
    check_same(std::vector<either>{std::monostate{}, 1, "a", point{1, 2}});
    check_same(std::variant<int, int>{std::in_place_index<1>, 7});
}

TEST_CASE("archive: a variant that lost its value is refused when it is written") {
    std::variant<int, throwing> lost;
    throwing const source;
    try {
        lost.emplace<throwing>(source);
    } catch (int) {
    }
    REQUIRE(lost.valueless_by_exception());
    CHECK_THROWS_AS(encode(lost), hotswap::archive_error);
}

TEST_CASE("archive: a unique_ptr comes back as a new object of equal value, or empty") {
    auto const back = round_trip(std::make_unique<line>(line{{1, 2}, {3, 4}, "a"}));
    REQUIRE(back);
    CHECK(*back == line{{1, 2}, {3, 4}, "a"});
    CHECK_FALSE(round_trip(std::unique_ptr<line>{}));

    chain written{1, std::make_unique<chain>(2, std::make_unique<chain>(3, nullptr))};
    auto const read = round_trip(written);
    REQUIRE((read.next && read.next->next));
    CHECK(read.next->next->value == 3);
    CHECK_FALSE(read.next->next->next);

    std::map<int, std::unique_ptr<std::string>> owners;
    owners.emplace(1, std::make_unique<std::string>("a"));
    CHECK(*round_trip(owners).at(1) == "a");
}

TEST_CASE("archive: aggregates come back through any nesting, recursive ones too") {
    check_same(nothing{});
    check_same(std::vector<nothing>(7));
    check_same(drawing{.lines = {{{1, 2}, {3, 4}, "a"}},
                       .layers = {{"top", {{5, 6}}}, {"bottom", {}}},
                       .title = "t",
                       .selected = line{{7, 8}, {9, 10}, "b"},
                       .none = {},
                       .tags = {"x", "y", "z"}});
    check_same(drawing{});
    check_same(tree{1, {{2, {}}, {3, {{4, {}}}}}});
    check_same(menu{{{"a", {}}, {"b", {{{"c", {}}}, std::nullopt}}}, std::vector<menu>{{}, {}}});
}

TEST_CASE("archive: reading replaces what the value held before") {
    auto value = drawing{
        .lines = {{}, {}}, .layers = {{"old", {}}}, .title = "old", .selected = 1, .none = {}, .tags = {}};
    hotswap_test::decode_into(value, encode(drawing{}));
    CHECK(value == drawing{});

    std::unordered_multimap<int, int> many{{1, 1}};
    hotswap_test::decode_into(many, encode(std::unordered_multimap<int, int>{{2, 2}}));
    CHECK(many.size() == 1);
    auto kept = std::make_unique<int>(1);
    hotswap_test::decode_into(kept, encode(std::unique_ptr<int>{}));
    CHECK_FALSE(kept);
}

TEST_CASE("archive: values stand one after another and are read back in the same order") {
    hotswap_test::memory_sink memory;
    hotswap::output_archive out(memory.sink());
    out << 1 << std::string("a");
    out & 2.5 & std::vector{1, 2};
    auto const bytes = std::move(memory).bytes();

    hotswap::input_archive in({bytes.data(), bytes.size()});
    int i = 0;
    std::string s;
    double d = 0;
    std::vector<int> v;
    in >> i >> s;
    in& d& v;
    CHECK(i == 1);
    CHECK(s == "a");
    CHECK(d == 2.5);
    CHECK(v == std::vector{1, 2});
    CHECK(in.left() == 0);
}

TEST_CASE("archive: a sink that cannot grow ends writing with std::bad_alloc") {
    hotswap_test::memory_sink memory(100);
    hotswap::output_archive out(memory.sink());
    CHECK_THROWS_AS(out << std::string(200, 'x'), std::bad_alloc);
}
