// An author's names are part of a state's meaning: a layout of types only made a banned user a paying one.
#include <hotswap/detail/state/names.hpp>

#include <hotswap/detail/state/layout.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using hotswap::layout_of;
using hotswap::detail::field_name;
using hotswap::detail::for_each_enumerator;
using hotswap::detail::own_name;

namespace shop {

enum class plan : std::uint8_t { trial, paid = 3, banned = 200 };
enum color { red, green, blue = 7 };
enum flags : unsigned { none, first = 1u << 0, twentieth = 1u << 20, also_first = 1 };
enum class answer : int { lost = -5, not_found = 404, far = 1 << 30, unseen = 99'999 };
enum class tick : char { low = -100, mark = 'x' };
enum class known : bool { no, yes };
enum class metres : long {};

template <class Left>
struct row {
    Left left;
    std::map<int, std::string> names;
    std::unique_ptr<int> owned;
    plan paid{};
};
struct with_unnamed {
    struct {
        int n = 0;
    } inner;
};

}  // namespace shop

namespace {

enum class hidden { one, two };
struct hidden_row {
    int number = 0;
    hidden which{};
};

template <class Enum>
std::string enumerators() {
    std::string all;
    for_each_enumerator<Enum>([&](std::uint64_t value, std::string_view name) {
        all += std::string(name) + ' ' + std::to_string(static_cast<std::int64_t>(value)) + ' ';
    });
    return all;
}

template <class... T>
bool all_differ() {
    std::set<std::uint64_t> const seen{layout_of<T>().fingerprint...};
    return seen.size() == sizeof...(T);
}

template <class T>
struct holds {
    T content;
};

template <class A, class B>
bool differ() {
    return layout_of<holds<A>>() != layout_of<holds<B>>();
}

}  // namespace

TEST_CASE("names: enumerators are found from -128 to 1023, and at each power of two above") {
    CHECK(enumerators<shop::plan>() == "trial 0 paid 3 banned 200 ");
    CHECK(enumerators<shop::color>() == "red 0 green 1 blue 7 ");
    CHECK(enumerators<shop::flags>() == "none 0 first 1 twentieth 1048576 ");
    CHECK(enumerators<shop::answer>() == "lost -5 not_found 404 far 1073741824 ");
    CHECK(enumerators<shop::tick>() == "low -100 mark 120 ");
    CHECK(enumerators<shop::known>() == "no 0 yes 1 ");
    CHECK(enumerators<shop::metres>().empty());
    CHECK(enumerators<hidden>() == "one 0 two 1 ");
}

TEST_CASE(
    "names: fields and types are called what their author calls them, without namespaces and arguments") {
    using row = shop::row<std::string>;
    CHECK(own_name<row>() == "row");
    CHECK(own_name<shop::plan>() == "plan");
    CHECK(own_name<int>() == "int");
    CHECK(own_name<decltype(shop::with_unnamed::inner)>().empty());
    CHECK(field_name<row, 0>() == "left");
    CHECK(field_name<row, 1>() == "names");
    CHECK(field_name<row, 2>() == "owned");
    CHECK(field_name<row, 3>() == "paid");
    CHECK(field_name<hidden_row, 1>() == "which");
    struct local {
        std::vector<hidden> here;
    };
    CHECK(own_name<local>() == "local");
    CHECK(field_name<local, 0>() == "here");
}

// Edits of a released struct that no type shows.

namespace before {
struct state {
    std::uint64_t limit = 1000;
    std::uint64_t used = 7;
};
enum class plan : std::uint8_t { trial, paid, banned };
struct credit {
    int amount = 0;
};
struct debit {
    int amount = 0;
};
enum class feet : int {};
}  // namespace before

namespace exchanged {
struct state {
    std::uint64_t used = 7;
    std::uint64_t limit = 1000;
};
enum class plan : std::uint8_t { paid, trial, banned };
}  // namespace exchanged

namespace renamed {
struct state {
    std::uint64_t limit = 1000;
    std::uint64_t left = 7;
};
enum class plan : std::uint8_t { trial, paid, blocked };
enum class metres : int {};
}  // namespace renamed

namespace inserted {
enum class plan : std::uint8_t { trial, student, paid, banned };
}  // namespace inserted

TEST_CASE("layout: exchanged and renamed fields are another layout") {
    CHECK(all_differ<before::state, exchanged::state, renamed::state>());
    CHECK(differ<before::state, exchanged::state>());
}

TEST_CASE(
    "layout: an enumerator that is inserted, exchanged, renamed or gone is another layout, also of a "
    "boolean") {
    CHECK(all_differ<before::plan, exchanged::plan, renamed::plan, inserted::plan>());
    CHECK(differ<std::map<int, before::plan>, std::map<int, inserted::plan>>());
    enum class on : bool { no, yes };
    enum class off : bool { yes, no };
    CHECK(differ<on, off>());
}

TEST_CASE("layout: exchanged alternatives and elements of equal structs or number types are another layout") {
    using before::credit;
    using before::debit;
    CHECK(differ<std::variant<credit, debit>, std::variant<debit, credit>>());
    CHECK(differ<std::pair<credit, debit>, std::pair<debit, credit>>());
    CHECK(differ<std::pair<before::feet, renamed::metres>, std::pair<renamed::metres, before::feet>>());
    CHECK(differ<std::vector<credit>, std::vector<debit>>());
}

namespace {
enum class code : int { fine, bad = 99'999 };
}
namespace beyond {
enum class code : int { fine, worse = 99'999 };
}

TEST_CASE("layout: a new meaning of a number and an enumerator beyond the range are not seen") {
    CHECK_FALSE(differ<code, beyond::code>());
}
