// Names of types are part of fingerprints: modules of g++ and of clang++ must have the same names.
#include <hotswap/detail/state/layout.hpp>
#include <hotswap/detail/state/type_name.hpp>
#include <hotswap/table.hpp>

#include <boost/container/flat_map.hpp>
#include <boost/version.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

using hotswap::layout_of;
using hotswap::detail::compilers_name;
using hotswap::detail::name_speller;
using hotswap::detail::template_name;
using hotswap::detail::type_name;

namespace shop {

enum class color { red };
using label = std::string;

template <class Key>
struct hash {};
template <>
struct hash<label> {};  // clang++ calls this one `hash<label>` or `hash<string>`

template <class T, class Policy = hash<T>>
struct bag {};
template <unsigned long Bits>
struct fixed {};
template <class T>
struct outer {
    template <class U>
    struct inner {};
};

}  // namespace shop

namespace {

struct unnamed_place {};

std::string spelled(std::string_view name) {
    std::string out(name_speller::longest(name), '\0');
    out.resize(name_speller(name, out.data()).run());
    return out;
}

template <class State>
struct with {
    State content;
};

}  // namespace

TEST_CASE("type names: what clang++ writes is spelled as g++ does, and what g++ writes stays as it is") {
    auto const both = [](std::string_view clang, std::string_view gcc) {
        CHECK(spelled(clang) == gcc);
        CHECK(spelled(gcc) == gcc);
    };
    both("std::hash<std::basic_string<char>>", "std::hash<std::__cxx11::basic_string<char> >");
    both("std::list<std::list<int>>", "std::__cxx11::list<std::__cxx11::list<int> >");
    both("std::chrono::steady_clock", "std::chrono::_V2::steady_clock");
    both("shop::list<int>", "shop::list<int>");
    both("shop::std::list<int>", "shop::std::list<int>");
    both("lesson::basic_string<char>", "lesson::basic_string<char>");
    both("(anonymous namespace)::place", "{anonymous}::place");
    both("const char *", "const char*");
    both("shop::fixed<16UL>", "shop::fixed<16>");
    both("unsigned long", "long unsigned int");
    both("unsigned long long", "long long unsigned int");
    both("unsigned short", "short unsigned int");
    both("long", "long int");
    both("short", "short int");
    both("unsigned int", "unsigned int");
    both("unsigned char", "unsigned char");
    both("signed char", "signed char");
    both("long double", "long double");
    both("unsigned __int128", "__int128 unsigned");
    both("longest::unsigned_thing<char16_t>", "longest::unsigned_thing<char16_t>");
}

TEST_CASE("type names: they are those that g++ writes, whichever compiler this is") {
    CHECK(type_name<std::uint64_t>() == "long unsigned int");
    CHECK(type_name<std::string>() == "std::__cxx11::basic_string<char>");
    CHECK(type_name<hotswap::table_hash<std::string>>() ==
          "hotswap::table_hash<std::__cxx11::basic_string<char> >");
    CHECK(type_name<std::map<std::string, std::vector<unsigned long>>>() ==
          "std::map<std::__cxx11::basic_string<char>, std::vector<long unsigned int> >");
    CHECK(type_name<std::chrono::system_clock>() == "std::chrono::_V2::system_clock");
    CHECK(type_name<unnamed_place>() == "{anonymous}::unnamed_place");
    CHECK(type_name<shop::fixed<16>>() == "shop::fixed<16>");
    CHECK(type_name<shop::outer<int>::inner<long>>() == "shop::outer<int>::inner<long int>");
    CHECK(type_name<int const* const>() == "const int* const");
    CHECK(type_name<std::map<int, unnamed_place const*>>() ==
          "std::map<int, const {anonymous}::unnamed_place*>");
}

TEST_CASE("type names: an explicit specialization is named by its types, and defaults are left out") {
    CHECK(type_name<shop::hash<std::string>>() == "shop::hash<std::__cxx11::basic_string<char> >");
    CHECK(type_name<shop::bag<int>>() == "shop::bag<int>");
    CHECK(type_name<shop::bag<std::string, shop::hash<std::string>>>() ==
          "shop::bag<std::__cxx11::basic_string<char> >");
    CHECK(type_name<shop::bag<int, shop::hash<long>>>() == "shop::bag<int, shop::hash<long int> >");
    CHECK(type_name<std::optional<std::variant<int, std::string>>>() ==
          "std::optional<std::variant<int, std::__cxx11::basic_string<char> > >");
}

TEST_CASE("type names: an instance has that of its template") {
    CHECK(template_name<std::list<int>>() == "std::__cxx11::list");
    CHECK(template_name<std::map<std::string, std::vector<int>>>() == "std::map");
    CHECK(template_name<shop::outer<int>::inner<long>>() == "shop::outer<int>::inner");
    CHECK(template_name<unnamed_place>().empty());
}

TEST_CASE("layout: that of a known state is the one that snapshots carry, whichever compiler this is") {
    struct entry {
        std::string name;
        std::uint32_t count = 0;
        std::optional<double> weight;
    };
    struct state {
        std::map<std::string, entry, std::greater<std::string>> entries;
        std::list<std::chrono::system_clock::time_point> seen;
        hotswap::table<std::string, entry> rows;
        hotswap::table<std::pair<std::string, int>, std::vector<unsigned>> more;
        boost::container::flat_map<std::string, std::variant<int, std::string>> labels;
    };
    CHECK(layout_of<entry>().fingerprint == 9696518377133384900u);
    CHECK(layout_of<state>().fingerprint == 14868536455661702640u);
}

TEST_CASE(
    "layout: a state with containers of Boost names the release of Boost, and its fingerprint does not") {
    using boosted = boost::container::flat_map<int, std::string>;
    CHECK(layout_of<boosted>().boost == BOOST_VERSION);
    CHECK(layout_of<with<std::vector<boosted>>>().boost == BOOST_VERSION);
    CHECK(layout_of<with<std::map<int, std::string>>>().boost == 0);
    CHECK(layout_of<with<hotswap::table<int, std::string>>>().boost == 0);
}
