// The fingerprints of tables: with equal fingerprints either module's code may work on the table.
#include "state/table_contents.hpp"

#include <hotswap/detail/state/layout.hpp>
#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

using hotswap::layout_of;

namespace elsewhere {

struct first {
    std::uint64_t total = 0;
    std::string note;
};

}  // namespace elsewhere

namespace {

struct first {
    std::uint64_t total = 0;
    std::string note;
};
struct same_as_first {
    std::uint64_t sum = 0;
    std::string remark;
};
struct longer {
    std::uint64_t total = 0;
    std::string note;
    bool paid = false;
};

template <class T>
struct holder {
    std::string name;
    T content;
};

template <class T>
constexpr std::uint64_t print_of = layout_of<T>().fingerprint;

using names = hotswap::table<std::string, first>;

}  // namespace

TEST_CASE("table: the layout of a state says whether there is a table in it, wherever") {
    CHECK(layout_of<names>().tables);
    CHECK(layout_of<holder<names>>().tables);
    CHECK(layout_of<std::vector<holder<names>>>().tables);
    CHECK(layout_of<holder<std::optional<names>>>().tables);
    CHECK(layout_of<hotswap::table<int, hotswap::table<int, int>>>().tables);
    CHECK(!layout_of<holder<std::map<std::string, first>>>().tables);
    CHECK(!layout_of<first>().tables);
}

TEST_CASE("table: a table can be handed over, unless its rows cannot") {
    CHECK(!layout_of<names>().opaque);
    CHECK(!layout_of<names>().bound);
}

TEST_CASE(
    "table: the fields of rows are part of its fingerprint by their names, rows of one name in two "
    "namespaces are equal") {
    CHECK(print_of<holder<names>> == print_of<holder<hotswap::table<std::string, elsewhere::first>>>);
    CHECK(print_of<names> != print_of<hotswap::table<std::string, same_as_first>>);
    CHECK(print_of<holder<names>> != print_of<holder<hotswap::table<std::string, same_as_first>>>);
}

TEST_CASE("table: fingerprints tell keys, rows, hashes, equalities and kinds of containers apart") {
    using hotswap::table;
    using hotswap::table_hash;
    std::set<std::uint64_t> const all{
        print_of<names>,
        print_of<table<std::string, longer>>,
        print_of<table<std::u16string, first>>,
        print_of<table<std::string, std::uint64_t>>,
        print_of<table<std::string, std::int64_t>>,
        print_of<table<std::uint64_t, first>>,
        print_of<table<std::string, first, hotswap_test::equal_hash>>,
        print_of<table<std::string, first, std::hash<std::string>>>,
        print_of<table<std::string, first, table_hash<std::string>, std::equal_to<std::string>>>,
        print_of<std::map<std::string, first>>,
        print_of<table<std::string, names>>,
        print_of<holder<names>>,
        print_of<std::vector<names>>,
    };
    CHECK(all.size() == 13);
}

TEST_CASE("table: the type of a table's rows carries its fingerprint") {
    CHECK(hotswap::detail::table_access::type_of<names>.fingerprint == print_of<names>);
}
