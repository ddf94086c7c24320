#include "state/bytes.hpp"

#include <hotswap/detail/state/fields.hpp>
#include <hotswap/detail/state/layout.hpp>

#include <boost/container/flat_map.hpp>
#include <boost/optional.hpp>
#include <boost/serialization/bitset.hpp>
#include <boost/serialization/boost_array.hpp>
#include <boost/serialization/complex.hpp>
#include <boost/serialization/optional.hpp>
#include <boost/serialization/variant.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

using hotswap::detail::field_count;
using hotswap_test::round_trip;

namespace {

struct nested {
    int a = 0;
    std::array<std::string, 2> b;
    bool operator==(nested const&) const = default;
};

struct sixteen {
    int f1{};
    std::string f2{};
    std::array<std::string, 3> f3{};
    bool f4{};
    std::vector<int> f5{};
    std::optional<std::string> f6{};
    nested f7{};
    double f8{};
    std::map<std::string, int> f9{};
    std::unique_ptr<int> f10{};
    int f11{};
    std::string f12{};
    std::array<std::string, 3> f13{};
    bool f14{};
    std::vector<int> f15{};
    std::optional<std::string> f16{};
};
struct seventeen {
    int f1{};
    std::string f2{};
    std::array<std::string, 3> f3{};
    bool f4{};
    std::vector<int> f5{};
    std::optional<std::string> f6{};
    nested f7{};
    double f8{};
    std::map<std::string, int> f9{};
    std::unique_ptr<int> f10{};
    int f11{};
    std::string f12{};
    std::array<std::string, 3> f13{};
    bool f14{};
    std::vector<int> f15{};
    std::optional<std::string> f16{};
    nested f17{};
};
struct forty {
    int f1{};
    std::string f2{};
    std::array<std::string, 3> f3{};
    bool f4{};
    std::vector<int> f5{};
    std::optional<std::string> f6{};
    nested f7{};
    double f8{};
    std::map<std::string, int> f9{};
    std::unique_ptr<int> f10{};
    int f11{};
    std::string f12{};
    std::array<std::string, 3> f13{};
    bool f14{};
    std::vector<int> f15{};
    std::optional<std::string> f16{};
    nested f17{};
    double f18{};
    std::map<std::string, int> f19{};
    std::unique_ptr<int> f20{};
    int f21{};
    std::string f22{};
    std::array<std::string, 3> f23{};
    bool f24{};
    std::vector<int> f25{};
    std::optional<std::string> f26{};
    nested f27{};
    double f28{};
    std::map<std::string, int> f29{};
    std::unique_ptr<int> f30{};
    int f31{};
    std::string f32{};
    std::array<std::string, 3> f33{};
    bool f34{};
    std::vector<int> f35{};
    std::optional<std::string> f36{};
    nested f37{};
    double f38{};
    std::map<std::string, int> f39{};
    std::unique_ptr<int> f40{};
};

struct numbers {
    std::uint8_t a, b, c, d, e, f, g, h, i, j;
};

struct arrays {
    std::array<std::string, 1> one;
    std::array<std::string, 8> eight;
    std::array<std::array<std::string, 2>, 2> square;
    std::array<nested, 3> deep;
    bool operator==(arrays const&) const = default;
};

struct no_default {
    int value;
    std::string text;
};

// Types whose constructors accept nearly any argument, which makes fields hard to count.
struct greedy {
    boost::optional<std::string> boost_optional;
    boost::variant<int, std::string> boost_variant;
    std::variant<std::string, bool> variant;
    std::optional<std::optional<int>> optional;
    std::pair<std::string, std::string> pair;
    std::tuple<std::string, int> tuple;
    std::complex<double> complex;
    std::bitset<9> bitset;
    std::unique_ptr<nested> owned;
    boost::container::flat_map<int, int> flat_map;
    boost::unordered_flat_map<int, int> unordered_flat_map;
    std::chrono::sys_days day;
    boost::array<int, 2> boost_array;
    int last = 0;
};

template <class T>
void check_last_field() {
    T value{};
    hotswap::detail::for_each_field(value, [n = 0](auto& field) mutable {
        ++n;
        if constexpr (std::is_same_v<decltype(field), int&>) field = n;
        if constexpr (std::is_same_v<decltype(field), std::string&>) field = std::to_string(n);
        if constexpr (std::is_same_v<decltype(field), std::array<std::string, 3>&>)
            field[2] = std::to_string(n);
    });
    auto const written = hotswap_test::encode(value);
    auto const back = round_trip(value);
    CHECK(hotswap_test::encode(back) == written);
}

}  // namespace

TEST_CASE("fields: an aggregate has as many fields as its author wrote, whatever their types") {
    CHECK(field_count<nested> == 2);
    CHECK(field_count<sixteen> == 16);
    CHECK(field_count<seventeen> == 17);
    CHECK(field_count<forty> == 40);
    CHECK(field_count<numbers> == 10);
    CHECK(field_count<arrays> == 4);
    CHECK(field_count<no_default> == 2);
    CHECK(field_count<greedy> == 14);
}

TEST_CASE("fields: they are visited in order, the first as well as the fortieth") {
    forty value;
    std::vector<void const*> visited;
    hotswap::detail::for_each_field(value, [&](auto& field) { visited.push_back(&field); });
    REQUIRE(visited.size() == 40);
    CHECK(std::is_sorted(visited.begin(), visited.end()));
    CHECK(visited.front() == &value.f1);
    CHECK(visited.back() == &value.f40);
}

TEST_CASE("archive: aggregates of up to forty fields come back whole") {
    check_last_field<sixteen>();
    check_last_field<seventeen>();
    check_last_field<forty>();

    forty written;
    written.f2 = "second";
    written.f33 = {"a", "b", "c"};
    written.f39 = {{"k", 1}};
    written.f40 = std::make_unique<int>(40);
    auto const read = round_trip(written);
    CHECK(read.f2 == "second");
    CHECK(read.f33 == written.f33);
    CHECK(read.f39 == written.f39);
    REQUIRE(read.f40);
    CHECK(*read.f40 == 40);
}

TEST_CASE("archive: std::array of strings stands anywhere in an aggregate") {
    arrays const written{{"1"}, {"a", "b", "c", "d", "e", "f", "g", "h"}, {{{"p", "q"}, {"r", "s"}}}, {}};
    CHECK(round_trip(written) == written);
}

TEST_CASE("archive: fields whose constructors take nearly anything come back") {
    greedy written;
    written.boost_optional = std::string("a");
    written.boost_variant = std::string("b");
    written.variant = true;
    written.optional.emplace();
    written.pair = {"c", "d"};
    written.complex = {1, 2};
    written.bitset = 0x1ff;
    written.owned = std::make_unique<nested>();
    written.flat_map[1] = 2;
    written.unordered_flat_map[3] = 4;
    written.boost_array = {{5, 6}};
    written.last = 7;
    auto const read = round_trip(written);
    CHECK((read.boost_optional == written.boost_optional));
    CHECK((read.boost_variant == written.boost_variant));
    CHECK((read.variant == written.variant));
    CHECK(read.optional.has_value());
    CHECK((read.pair == written.pair));
    CHECK((read.complex == written.complex));
    CHECK(read.bitset == written.bitset);
    CHECK(*read.owned == nested{});
    CHECK((read.flat_map == written.flat_map));
    CHECK((read.unordered_flat_map == written.unordered_flat_map));
    CHECK((read.boost_array == written.boost_array));
    CHECK(read.last == 7);
}
