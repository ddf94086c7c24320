// Containers whose order or hash changes while they hold entries, as if another module had filled them.
#include "state/bytes.hpp"
#include "state/table_copies.hpp"

#include <hotswap/detail/state/lookups.hpp>
#include <hotswap/table.hpp>

#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>
#include <boost/unordered_map.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

using hotswap::archive_error;
using hotswap::detail::lookup_check;
using hotswap::detail::lookup_error;
using hotswap::detail::orders_of_its_own;
using hotswap_test::contents;
using hotswap_test::decode;
using hotswap_test::encode;

namespace key_order_test {

/// A key whose hash and order belong to a release; the test changes the release.
struct key {
    std::uint32_t id = 0;

    static inline bool is_other_release = false;
    static inline std::uint32_t rehashed_from = 0;
    static inline std::uint64_t hashes = 0;

    friend bool operator==(key const& a, key const& b) { return a.id == b.id; }
    friend bool operator<(key const& a, key const& b) { return is_other_release ? b.id < a.id : a.id < b.id; }
};
struct other_release {
    other_release() { key::is_other_release = true; }
    ~other_release() {
        key::is_other_release = false;
        key::rehashed_from = 0;
    }
};

/// A key of a hash and an order that never change.
struct fixed_key {
    std::uint32_t id = 0;
    friend auto operator<=>(fixed_key const&, fixed_key const&) = default;
};

}  // namespace key_order_test

template <>
inline constexpr bool hotswap::has_fixed_order<key_order_test::fixed_key> = true;
template <>
struct std::hash<key_order_test::fixed_key> {
    std::size_t operator()(key_order_test::fixed_key const& k) const noexcept { return k.id; }
};
template <>
struct std::hash<key_order_test::key> {
    std::size_t operator()(key_order_test::key const& k) const noexcept {
        ++key_order_test::key::hashes;
        bool const is_other =
            key_order_test::key::is_other_release && k.id >= key_order_test::key::rehashed_from;
        return is_other ? k.id * 31u + 1'000'007u : k.id;
    }
};

namespace {

using key_order_test::fixed_key;
using key_order_test::key;
using key_order_test::other_release;

struct boost_hash {
    std::size_t operator()(key const& k) const noexcept { return std::hash<key>{}(k); }
};

template <class Container>
void put(Container& into, std::uint32_t id) {
    if constexpr (requires { typename Container::mapped_type; })
        into.insert_or_assign(key{id}, std::uint64_t{id});
    else
        into.insert(key{id});
}
template <class Container>
Container filled(std::uint32_t count) {
    Container made;
    for (std::uint32_t i = 0; i != count; ++i) put(made, i);
    return made;
}
template <class Container>
std::size_t found(Container const& in, std::uint32_t count) {
    std::size_t sum = 0;
    for (std::uint32_t i = 0; i != count; ++i) sum += in.count(key{i});
    return sum;
}
template <class T>
std::string difference(T const& value) {
    try {
        lookup_check().look_at(value);
    } catch (lookup_error const& e) {
        return e.what();
    }
    return {};
}
template <class T>
std::string refusal_to_write(T const& value) {
    try {
        encode(value);
    } catch (archive_error const& e) {
        return e.what();
    }
    return {};
}
bool says(std::string const& text, std::string_view part) { return text.find(part) != text.npos; }

using table = hotswap::table<key, std::uint64_t>;
using boost_map = boost::unordered_map<key, std::uint64_t, boost_hash>;

}  // namespace

#define CONTAINERS_OF_KEYS                                                                                 \
    table, boost_map, std::map<key, std::uint64_t>, std::set<key>, std::unordered_map<key, std::uint64_t>, \
        std::unordered_set<key>, boost::container::flat_map<key, std::uint64_t>,                           \
        boost::container::flat_set<key>

TEST_CASE_TEMPLATE(
    "lookups: a container that another order or hash filled is noticed, also by a few of its entries", T,
    CONTAINERS_OF_KEYS) {
    for (std::uint32_t const count : {100u, 1024u, 20'000u}) {
        CAPTURE(count);
        auto const value = filled<T>(count);
        CHECK(difference(value).empty());
        other_release const now;
        CHECK(says(difference(value), "key_order_test::key"));
    }
    if constexpr (requires { typename T::hasher; }) {
        auto const value = filled<T>(1000);
        other_release const now;
        key::rehashed_from = 990;
        CHECK(says(difference(value), "key_order_test::key"));
    }
    other_release const now;
    CHECK(difference(T{}).empty());
    CHECK(difference(filled<T>(50)).empty());
}

TEST_CASE("lookups: containers are found within all that a state may hold") {
    using map = std::map<key, std::uint64_t>;
    struct inner {
        std::uint64_t number = 0;
        map entries;
    };
    auto const check = [](auto const& value) {
        CHECK(difference(value).empty());
        other_release const now;
        CHECK(says(difference(value), "std::map"));
    };
    map const some = filled<map>(3);
    check(inner{1, some});
    check(std::vector<inner>{{1, {}}, {2, some}});
    check(std::array<map, 2>{map{}, some});
    check(std::tuple<int, map>{1, some});
    check(std::optional<map>{some});
    check(std::make_unique<map>(some));
    check(std::variant<int, map>{some});
    check(std::map<std::string, map>{{"a", some}});
    check(std::set<map>{some});
    hotswap::table<std::string, inner> rows;
    rows.try_emplace("a", inner{1, some});
    check(rows);
}

TEST_CASE("lookups: what is looked at is bounded, and nothing where the standard library decides") {
    std::vector<std::unordered_set<key>> many(200, filled<std::unordered_set<key>>(3000));
    key::hashes = 0;
    lookup_check().look_at(many);
    CHECK(key::hashes >= lookup_check::entries_in_all / 2);
    CHECK(key::hashes <= 2 * lookup_check::entries_in_all);

    using std::chrono::seconds;
    static_assert(!orders_of_its_own<std::map<std::string, std::uint64_t>>);
    static_assert(!orders_of_its_own<std::unordered_map<std::uint32_t, std::string>>);
    static_assert(!orders_of_its_own<std::set<std::pair<std::string, int>>>);
    static_assert(!orders_of_its_own<std::map<seconds, int, std::greater<>>>);
    static_assert(!orders_of_its_own<hotswap::table<std::string, std::vector<key>>>);
    static_assert(orders_of_its_own<std::set<std::pair<key, int>>>);
    static_assert(orders_of_its_own<std::unordered_set<std::string, boost_hash>>);
    static_assert(orders_of_its_own<hotswap::table<std::string, std::set<key>>>);
    enum class color { red };
    static_assert(!orders_of_its_own<hotswap::table<fixed_key, int>>);
    static_assert(!orders_of_its_own<std::set<fixed_key>>);
    static_assert(orders_of_its_own<hotswap::table<fixed_key, std::set<key>>>);
    static_assert(orders_of_its_own<std::set<color>>);  // the enumeration may have an operator<
}

TEST_CASE_TEMPLATE(
    "archive: a container with a key twice is refused while it is written, not when it is read", T,
    CONTAINERS_OF_KEYS) {
    auto value = filled<T>(100);
    other_release const now;
    // Not found, but present once each: reading puts the entries into their right places.
    CHECK(found(decode<T>(encode(value)), 100) == 100);
    std::size_t const before = value.size();
    for (std::uint32_t i = 0; i != 100; ++i) put(value, i);
    bool const has_twins = value.size() != before;
    if (has_twins) CHECK(says(refusal_to_write(value), "equal to this module"));
    if (has_twins) CHECK(says(refusal_to_write(value), "key_order_test::key"));
    if (!has_twins) CHECK(found(decode<T>(encode(value)), 100) == 100);
    if constexpr (requires { typename T::hasher; }) CHECK(has_twins);
}

TEST_CASE(
    "archive, lookups: a key that is not equal to itself is found by no module, and no reason to refuse") {
    struct never_equal {
        double number = 0;
        bool operator==(never_equal const& other) const { return number == other.number; }
    };
    struct hash {
        std::size_t operator()(never_equal const&) const noexcept { return 1; }
    };
    never_equal const none{std::numeric_limits<double>::quiet_NaN()};
    std::unordered_set<never_equal, hash> set;
    hotswap::table<never_equal, int, hash> rows;
    for (int i = 0; i != 3; ++i) set.insert(none), rows.try_emplace(none, i);
    REQUIRE(set.size() == 3);
    REQUIRE(rows.size() == 3);
    CHECK(difference(set).empty());
    CHECK(difference(rows).empty());
    CHECK(decode<decltype(set)>(encode(set)).size() == 3);
    CHECK(decode<decltype(rows)>(encode(rows)).size() == 3);
}

TEST_CASE("archive: a copy of a row is filled anew, by the order and hash of the module that makes it") {
    struct row {
        std::unordered_map<key, std::uint64_t> hashed;
        std::map<key, std::uint64_t> ordered;
    };
    row const old{filled<std::unordered_map<key, std::uint64_t>>(50),
                  filled<std::map<key, std::uint64_t>>(50)};
    other_release const now;
    row const copy = hotswap::detail::copy_of(old);
    CHECK(found(copy.hashed, 50) == 50);
    CHECK(found(copy.ordered, 50) == 50);
}

namespace {

struct old_hash {
    std::size_t operator()(std::uint32_t id) const noexcept { return id; }
};
template <std::uint32_t From>
struct new_hash {
    std::size_t operator()(std::uint32_t id) const noexcept { return id < From ? id : ~std::size_t{id}; }
};
struct same_pair {
    bool operator()(std::uint32_t a, std::uint32_t b) const noexcept { return a / 2 == b / 2; }
};
struct one_hash {
    std::size_t operator()(std::uint32_t) const noexcept { return 1; }
};

using old_table = hotswap::table<std::uint32_t, std::string, old_hash>;
template <std::uint32_t From>
using new_table = hotswap::table<std::uint32_t, std::string, new_hash<From>>;
using access = hotswap::detail::table_access;
using mirror = hotswap::detail::table_mirror;

template <class To, class From>
std::unique_ptr<mirror> mirror_of(From& source) {
    return std::make_unique<mirror>(access::type_of<From>, access::make_core(source), access::type_of<To>,
                                    hotswap::detail::table_chain{});
}
template <class To>
To taken(mirror& from) {
    To made;
    access::type_of<To>.fill(&made, from.finish(), nullptr);
    return made;
}

}  // namespace

TEST_CASE(
    "table: a copy for a module that hashes otherwise is begun again by keys, at the first row that "
    "differs") {
    old_table source;
    for (std::uint32_t i = 0; i != 500; ++i) source.try_emplace(i, std::to_string(i));
    auto copy = mirror_of<new_table<400>>(source);
    while (copy->advance()) continue;
    REQUIRE(copy->is_misaligned());
    CHECK(copy->failed());
    copy = copy->begin_by_key();
    CHECK(hotswap_test::watched_shards(source) == 0);
    while (copy->advance()) continue;
    CHECK_FALSE(copy->failed());

    source.erase(450);
    source.insert_or_assign(3, "three");
    source.try_emplace(1000, "1000");
    auto const made = taken<new_table<400>>(*copy);
    CHECK(contents(made) == contents(source));
    for (std::uint32_t const key : {3u, 399u, 400u, 499u, 1000u}) CHECK(made.contains(key));
    CHECK_FALSE(made.contains(450));
}

TEST_CASE(
    "table: a writer's row with another hash is noticed after the copy, and the writer notices nothing") {
    old_table source;
    for (std::uint32_t i = 0; i != 100; ++i) source.try_emplace(i, std::to_string(i));
    auto copy = mirror_of<new_table<100>>(source);
    while (copy->advance()) continue;
    CHECK_FALSE(copy->is_misaligned());
    CHECK(source.try_emplace(100, "100"));
    CHECK(copy->is_misaligned());
    CHECK(source.size() == 101);
    copy = copy->begin_by_key();
    while (copy->advance()) continue;
    CHECK(taken<new_table<100>>(*copy).contains(100));
}

TEST_CASE("table: two keys that are equal to the new module fail the copy, which names both") {
    hotswap::table<std::uint32_t, std::string, one_hash> source;
    source.try_emplace(6, "6");
    source.try_emplace(9, "9");
    source.try_emplace(7, "7");
    using target = hotswap::table<std::uint32_t, std::string, one_hash, same_pair>;
    auto const copy = mirror_of<target>(source);
    while (copy->advance()) continue;
    REQUIRE(copy->failed());
    CHECK_FALSE(copy->is_misaligned());
    CHECK(says(copy->why(), "the keys 7 and 6 both become 7"));
    CHECK(source.size() == 3);
}
