// Tables as bytes: writing, reading, refusals.
#include "state/allocations.hpp"
#include "state/bytes.hpp"
#include "state/table_contents.hpp"

#include <hotswap/table.hpp>

#include <boost/serialization/map.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using hotswap_test::allocation_meter;
using hotswap_test::buffer;
using hotswap_test::contents;
using hotswap_test::decode;
using hotswap_test::decode_into;
using hotswap_test::encode;
using hotswap_test::round_trip;

namespace {

struct account {
    std::uint64_t total = 0;
    std::vector<std::string> notes;
    std::unique_ptr<int> limit;
};
struct nothing {};

using texts = hotswap::table<std::string, std::string>;
using numbers = hotswap::table<std::uint32_t, std::uint64_t>;

struct shelf {
    std::string label;
    numbers stock;
    std::optional<texts> notes;
};
struct shop {
    std::uint32_t opened = 0;
    std::vector<shelf> shelves;
    hotswap::table<std::string, numbers> by_customer;
    std::uint32_t closed = 0;
};

template <class T>
bool is_refused(buffer const& bytes) {
    try {
        T value{};
        decode_into(value, bytes);
        return false;
    } catch (hotswap::archive_error const&) {
        return true;
    }
}

template <class T>
std::string refusal(buffer const& bytes) {
    try {
        T value{};
        decode_into(value, bytes);
        return "";
    } catch (hotswap::archive_error const& error) {
        return error.what();
    }
}

// The memory of a table with its first row, and room for some hundred more, for any bytes.
constexpr std::size_t allowance(std::size_t input) { return 400'000 + 100 * input; }

buffer crafted(std::uint64_t count, std::size_t rest) {
    buffer bytes(sizeof count + rest);
    std::memcpy(bytes.data(), &count, sizeof count);
    return bytes;
}

template <class T>
void check_huge_counts_refused() {
    for (std::size_t const rest : {0u, 1u, 7u, 100u})
        for (std::uint64_t const count :
             {std::uint64_t{rest} + 1, std::uint64_t{1} << 20, std::uint64_t{1} << 32, std::uint64_t{1} << 40,
              std::uint64_t{1} << 61, std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} / 8,
              ~std::uint64_t{0} / 16 + 1}) {
            allocation_meter const meter;
            CHECK(is_refused<T>(crafted(count, rest)));
            CHECK(meter.peak() <= 4096);
        }
}

shop sample() {
    shop made{1, {}, {}, 2};
    made.shelves.push_back({"tea", {{1, 10}, {2, 20}}, texts{{"a", "b"}}});
    made.shelves.push_back({"", {}, {}});
    made.by_customer.try_emplace("ann", numbers{{7, 70}});
    made.by_customer.try_emplace("bob");
    return made;
}

template <class Row>
buffer one_row_of(std::size_t size) {
    return crafted(1, size);
}

}  // namespace

TEST_CASE("table: what is saved is loaded, whatever the rows are") {
    numbers many;
    for (std::uint32_t i = 0; i != 5000; ++i) many.emplace(i * 7, i);
    CHECK(contents(round_trip(many)) == contents(many));
    texts const some{{"", ""}, {"a", std::string(1000, 'x')}, {std::string("\0", 1), "zero"}};
    CHECK(contents(round_trip(some)) == contents(some));
    hotswap::table<std::string, nothing> names{{"a", {}}, {"b", {}}};
    CHECK(round_trip(names).size() == 2);

    hotswap::table<std::string, account> accounts;
    accounts.try_emplace("a", account{1, {"x", "y"}, std::make_unique<int>(3)});
    accounts.try_emplace("b");
    auto const back = round_trip(accounts);
    CHECK(back.size() == 2);
    CHECK(back.cvisit("a", [](auto& row) {
        CHECK(row.second.notes == std::vector<std::string>{"x", "y"});
        CHECK(*row.second.limit == 3);
    }) == 1);
    CHECK(back.cvisit("b", [](auto& row) { CHECK(row.second.limit == nullptr); }) == 1);
}

TEST_CASE("table: its bytes are its count and its rows, as those of a map") {
    CHECK(encode(numbers()) == encode(std::uint64_t{0}));
    CHECK(encode(numbers{{1, 2}}) == encode(std::map<std::uint32_t, std::uint64_t>{{1, 2}}));
    texts table;
    std::map<std::string, std::string> map;
    for (int i = 0; i != 100; ++i) {
        table.emplace(std::to_string(i), std::to_string(i * i));
        map.emplace(std::to_string(i), std::to_string(i * i));
    }
    CHECK(encode(table).size() == encode(map).size());
    CHECK(contents(decode<texts>(encode(map))) == map);
    CHECK(decode<std::map<std::string, std::string>>(encode(table)) == map);
}

TEST_CASE("table: an empty one, and one that has been emptied, are loaded as empty ones") {
    CHECK(round_trip(numbers()).empty());
    numbers table{{1, 1}};
    table.clear();
    CHECK(encode(table) == encode(numbers()));
    allocation_meter const meter;
    numbers loaded;
    decode_into(loaded, crafted(0, 0));
    CHECK(meter.largest() <= sizeof(std::uint64_t));  // the allocation for the bytes
}

TEST_CASE("table: loading replaces what a table held") {
    numbers table{{1, 1}, {2, 2}};
    decode_into(table, encode(numbers{{3, 3}}));
    CHECK(contents(table) == std::map<std::uint32_t, std::uint64_t>{{3, 3}});
    decode_into(table, encode(numbers()));
    CHECK(table.empty());
}

TEST_CASE("table: as a field, in containers, in optionals, and as a row of another table") {
    auto const back = round_trip(sample());
    CHECK(back.opened == 1);
    CHECK(back.closed == 2);
    REQUIRE(back.shelves.size() == 2);
    CHECK(contents(back.shelves[0].stock) == std::map<std::uint32_t, std::uint64_t>{{1, 10}, {2, 20}});
    CHECK(contents(*back.shelves[0].notes) == std::map<std::string, std::string>{{"a", "b"}});
    CHECK(back.shelves[1].stock.empty());
    CHECK(!back.shelves[1].notes);
    CHECK(back.by_customer.size() == 2);
    CHECK(back.by_customer.cvisit("ann", [](auto& row) { CHECK(row.second.count(7) == 1); }) == 1);
    CHECK(back.by_customer.cvisit("bob", [](auto& row) { CHECK(row.second.empty()); }) == 1);
}

TEST_CASE("table: a snapshot of tables that ends early is refused, wherever it ends") {
    auto const bytes = encode(sample());
    for (std::size_t size = 0; size != bytes.size(); ++size) {
        CAPTURE(size);
        CHECK(is_refused<shop>(buffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))));
    }
    texts table;
    for (int i = 0; i != 20; ++i) table.emplace(std::to_string(i), "text");
    auto const flat = encode(table);
    for (std::size_t size = 0; size != flat.size(); ++size) {
        CAPTURE(size);
        allocation_meter const meter;
        CHECK(is_refused<texts>(buffer(flat.begin(), flat.begin() + static_cast<std::ptrdiff_t>(size))));
        CHECK(meter.peak() <= allowance(size));
    }
}

TEST_CASE("table: a count that the bytes left cannot hold is refused before anything is allocated for it") {
    check_huge_counts_refused<numbers>();
    check_huge_counts_refused<texts>();
    check_huge_counts_refused<hotswap::table<char, nothing>>();
    check_huge_counts_refused<hotswap::table<std::string, account>>();
    check_huge_counts_refused<hotswap::table<char, hotswap::table<char, char>>>();
}

TEST_CASE(
    "table: a count that is too large by a little, or of other rows, asks for no more than a state does") {
    for (std::size_t const rest : {16u, 100u, 1000u, 10'000u, 1'000'000u}) {
        CAPTURE(rest);
        // The number of rows if all were of the shortest kind: their keys are equal.
        auto const bytes = crafted(rest / 16, rest);
        allocation_meter const meter;
        CHECK((is_refused<texts>(bytes) || rest == 16));
        CHECK(meter.peak() <= allowance(rest));
    }
}

TEST_CASE("table: one row of many bytes asks for no more than some such rows") {
    using large = std::array<std::uint64_t, 512>;
    auto const bytes = one_row_of<large>(4 + sizeof(large));
    allocation_meter const meter;
    CHECK(!is_refused<hotswap::table<std::uint32_t, large>>(bytes));
    CHECK(meter.peak() <= allowance(bytes.size()));
}

TEST_CASE("table: a row of few bytes that is large in memory asks for no more than some such rows") {
    using hollow = std::array<std::optional<std::array<std::uint64_t, 16>>, 64>;
    auto const bytes = one_row_of<hollow>(4 + std::tuple_size_v<hollow>);
    allocation_meter const meter;
    CHECK(!is_refused<hotswap::table<std::uint32_t, hollow>>(bytes));
    CHECK(meter.peak() <= allowance(bytes.size()) + 100 * sizeof(hollow));
}

TEST_CASE("table: altered bytes are refused or are another table, and ask for no more than a state") {
    auto const bytes = encode(texts{{"a", "b"}, {"c", "d"}, {"e", std::string(40, 'f')}});
    std::size_t refused = 0;
    std::size_t peak = 0;
    for (std::size_t at = 0; at != bytes.size(); ++at) {
        buffer altered = bytes;
        for (int other = 1; other != 256; ++other) {
            altered[at] = static_cast<unsigned char>(bytes[at] ^ other);
            allocation_meter const meter;
            refused += is_refused<texts>(altered);
            peak = std::max(peak, meter.peak());
        }
    }
    CHECK(refused > 0);
    CHECK(peak <= allowance(bytes.size()));
}

TEST_CASE("table: a key that comes twice is refused in words") {
    using list = std::vector<std::pair<std::uint32_t, std::uint64_t>>;
    CHECK(refusal<numbers>(encode(list{{1, 1}, {2, 2}, {1, 3}})).find("a key twice") != std::string::npos);
    CHECK(refusal<numbers>(encode(list{{1, 1}, {2, 2}})) == "");
    CHECK(refusal<numbers>(crafted(1000, 24)).find("count") != std::string::npos);
}

TEST_CASE("table: a sink without room refuses, and the table is as it was") {
    numbers table;
    for (std::uint32_t i = 0; i != 100; ++i) table.emplace(i, i);
    auto const before = contents(table);
    hotswap_test::memory_sink small(200);
    CHECK_THROWS_AS(hotswap::output_archive(small.sink()) << table, std::bad_alloc);
    CHECK(contents(table) == before);
    CHECK(table.emplace(100, 1));  // the table is not locked
}
