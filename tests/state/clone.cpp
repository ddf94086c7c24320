#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/clone.hpp>

#include "state/bytes.hpp"

#include <boost/container/flat_map.hpp>
#include <boost/container/small_vector.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

using namespace hotswap_test;
using hotswap::archive_error;
using hotswap::detail::cloning;
using hotswap::detail::how_to_read;
using hotswap::detail::is_readable_in_place;

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wdeprecated-copy"
#pragma clang diagnostic ignored "-Wdeprecated-copy-with-user-provided-copy"
#endif

namespace clone_types {

// An assignment omits the field that the author forgot.
struct forgetful {
    int first = 1;
    int second = 2;
    forgetful& operator=(forgetful const& other) {
        first = other.first;
        return *this;
    }
};
// It can be copied, but not assigned.
struct only_made {
    int first = 1;
    only_made& operator=(only_made const&) = delete;
};
struct with_defaults {
    std::vector<forgetful> several = std::vector<forgetful>(2);
    std::vector<only_made> made = std::vector<only_made>(1);
    std::optional<forgetful> one = forgetful{};
    std::map<int, forgetful> mapped = {{1, {}}};
    std::string text = "text";
    std::pair<int, forgetful> pair{};
};

struct chain {
    int value = 0;
    std::unique_ptr<chain> next;
};

inline std::unique_ptr<chain> make_chain(int length) {
    std::unique_ptr<chain> made;
    for (int i = 0; i != length; ++i) made = std::make_unique<chain>(chain{i, std::move(made)});
    return made;
}

// The order of keys depends on `turn`.
inline bool turn = false;
struct turning {
    bool operator()(int a, int b) const { return turn ? b < a : a < b; }
};
// Pairs of keys are equal while `coarse`.
inline bool coarse = false;
struct coarse_hash {
    std::size_t operator()(int a) const { return static_cast<std::size_t>(coarse ? a / 2 : a); }
};
struct coarse_equal {
    bool operator()(int a, int b) const { return coarse ? a / 2 == b / 2 : a == b; }
};

template <class T>
T clone(T const& original) {
    T copy{};
    cloning().copy(original, copy);
    return copy;
}

}  // namespace clone_types
using namespace clone_types;

TEST_CASE("clone: every field is there, also of a class whose assignment forgets some, over defaults") {
    with_defaults original;
    original.several.resize(3);
    for (auto& each : original.several) each.first = 7, each.second = 8;
    original.made.resize(2);
    original.made[1].first = 9;
    original.one->second = 10;
    original.mapped.at(1).second = 11;
    original.mapped.emplace(2, forgetful{}).first->second.second = 12;
    original.pair.second.second = 13;
    auto const copy = clone(original);
    REQUIRE(copy.several.size() == 3);
    for (auto const& each : copy.several) CHECK(each.second == 8);
    REQUIRE(copy.made.size() == 2);
    CHECK(copy.made[1].first == 9);
    CHECK(copy.one->second == 10);
    CHECK(copy.mapped.at(1).second == 11);
    CHECK(copy.mapped.at(2).second == 12);
    CHECK(copy.pair.second.second == 13);
    CHECK(encode(copy) == encode(original));
}

TEST_CASE("clone: what is empty replaces what a default filled") {
    with_defaults original;
    original.several.clear();
    original.one.reset();
    original.mapped.clear();
    original.text.clear();
    auto const copy = clone(original);
    CHECK(copy.several.empty());
    CHECK_FALSE(copy.one.has_value());
    CHECK(copy.mapped.empty());
    CHECK(copy.text.empty());
}

TEST_CASE("clone: chains are copied as deep as archives go, and refused from there on as those refuse them") {
    for (int const length : {0, 1, 2, 248, 249, 250, 1000}) {
        CAPTURE(length);
        auto const original = make_chain(length);
        bool const is_archived = [&] {
            try {
                encode(original);
                return true;
            } catch (archive_error const&) {
                return false;
            }
        }();
        if (is_archived)
            CHECK(encode(clone(original)) == encode(original));
        else
            CHECK_THROWS_AS(clone(original), archive_error);
    }
    CHECK_NOTHROW(clone(make_chain(249)));
    CHECK_THROWS_AS(clone(make_chain(250)), archive_error);
}

TEST_CASE("clone: every entry is placed by the order and the hash of the one who copies") {
    std::map<int, std::string, turning> original{{1, "a"}, {2, "b"}, {3, "c"}};
    turn = true;
    auto const copy = clone(original);
    for (int const key : {1, 2, 3}) CHECK(copy.contains(key));
    CHECK(copy.begin()->first == 3);
    turn = false;
    CHECK(original.size() == 3);
}

TEST_CASE("clone: keys that are equal to the one who copies are refused, and nothing is lost in silence") {
    std::unordered_map<int, std::string, coarse_hash, coarse_equal> original{{0, "a"}, {1, "b"}, {2, "c"}};
    std::unordered_set<int, coarse_hash, coarse_equal> const set{0, 1, 2};
    coarse = true;
    CHECK_THROWS_AS(clone(original), archive_error);
    CHECK_THROWS_AS(clone(set), archive_error);
    coarse = false;
    CHECK(clone(original) == original);
}

TEST_CASE("clone: a value that is empty because of an exception is refused, as archives refuse it") {
    using either = std::variant<int, std::deque<int>>;
    either broken = 1;
    CHECK_THROWS(broken.emplace<std::deque<int>>(std::size_t{1} << 62));
    REQUIRE(broken.valueless_by_exception());
    CHECK_THROWS_AS(clone(broken), archive_error);
    CHECK_FALSE(how_to_read<either>.is_lendable);
}

TEST_CASE("clone: only a state whose keys go by the standard library is lent in place") {
    CHECK(how_to_read<std::map<std::string, int>>.is_lendable);
    CHECK(how_to_read<std::vector<std::optional<std::string>>>.is_lendable);
    CHECK_FALSE(how_to_read<std::map<int, int, turning>>.is_lendable);
    CHECK_FALSE(how_to_read<std::vector<std::unordered_map<int, int, coarse_hash>>>.is_lendable);
    CHECK_FALSE(how_to_read<chain>.is_lendable);
}
