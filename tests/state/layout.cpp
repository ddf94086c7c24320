#include <hotswap/detail/state/layout.hpp>

#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered_map.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

using hotswap::layout;
using hotswap::layout_of;

namespace one {
enum class color : std::uint8_t { red };
struct entry {
    std::string name;
    std::uint32_t count = 0;
};
struct state {
    std::map<std::string, entry> entries;
    std::vector<std::uint64_t> numbers;
    color paint{};
    std::chrono::seconds age{};
};
struct tree {
    int value = 0;
    std::vector<tree> children;
};
}  // namespace one

// The same structs in another namespace, where the state itself has another name.
namespace two {
enum class color : std::uint8_t { red };
struct entry {
    std::string name;
    std::uint32_t count = 0;
};
struct content {
    static constexpr int schema = 5;
    std::map<std::string, entry> entries;
    std::vector<std::uint64_t> numbers;
    color paint{};
    std::chrono::seconds age{};
};
struct tree {
    int value = 0;
    std::vector<tree> children;
};
}  // namespace two

namespace {

struct empty {};
struct ordered {
    std::uint32_t a;
    std::uint64_t b;
};
struct reordered {
    std::uint64_t b;
    std::uint32_t a;
};
struct two_words {
    std::uint64_t a;
    std::uint64_t b;
};
struct one_array {
    std::array<std::uint64_t, 2> words;
};
struct aligned {
    alignas(16) std::uint64_t a;
    std::uint64_t b;
};
struct nested_left {
    ordered a;
    std::uint32_t b;
};
struct deep_tree {
    int value = 0;
    std::vector<std::vector<deep_tree>> children;
};
struct wider_tree {
    long value = 0;
    std::vector<wider_tree> children;
};

class hidden {
    int value = 0;

public:
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& value;
    }
};
struct holds_hidden {
    std::map<int, hidden> by_number;
};
struct holds_boost {
    std::vector<boost::unordered_flat_map<int, int>> shards;
};
struct by_length {
    bool operator()(std::string const& a, std::string const& b) const { return a.size() < b.size(); }
};

template <class A, class B>
inline constexpr bool alike = layout_of<A>() == layout_of<B>();

template <class... T>
bool all_differ() {
    std::set<std::uint64_t> const seen{layout_of<T>().fingerprint...};
    return seen.size() == sizeof...(T);
}

}  // namespace

TEST_CASE("layout: neither the namespace nor the name of the state itself is part of the fingerprint") {
    CHECK(alike<one::state, two::content>);
    CHECK(alike<one::tree, two::tree>);
    CHECK_FALSE(layout_of<one::state>().opaque);
    CHECK_FALSE(layout_of<one::state>().bound);
}

TEST_CASE("layout: order, size, signedness, alignment and nesting of fields are part of the fingerprint") {
    CHECK(all_differ<empty, ordered, reordered, two_words, one_array, aligned, nested_left, one::entry>());
    CHECK(all_differ<std::int32_t, std::uint32_t, float, std::int64_t, std::uint64_t, double, bool,
                     std::uint8_t>());
}

TEST_CASE("layout: another container, element, key, unit or comparison is another fingerprint") {
    CHECK(all_differ<std::vector<int>, std::vector<long>, std::vector<bool>, std::vector<unsigned>,
                     std::deque<int>, std::list<int>, std::set<int>, std::multiset<int>, std::optional<int>,
                     std::unique_ptr<int>, std::array<int, 1>, std::array<int, 2>, std::tuple<int>,
                     std::variant<int>, boost::container::flat_set<int>>());
    CHECK(all_differ<std::map<int, std::string>, std::map<long, std::string>, std::map<int, std::wstring>,
                     std::multimap<int, std::string>, std::unordered_map<int, std::string>,
                     boost::container::flat_map<int, std::string>, boost::unordered_map<int, std::string>>());
    CHECK(all_differ<std::set<std::string>, std::set<std::string, std::greater<>>,
                     std::set<std::string, by_length>>());
    CHECK(all_differ<std::chrono::seconds, std::chrono::milliseconds, std::chrono::duration<int>,
                     std::chrono::sys_seconds, std::chrono::file_clock::time_point>());
    CHECK(all_differ<std::pair<int, long>, std::pair<long, int>, std::tuple<int, int, long>,
                     std::variant<int, long>>());
}

TEST_CASE("layout: the default comparison is the same whether it is transparent or not") {
    CHECK(alike<std::map<std::string, int>, std::map<std::string, int, std::less<>>>);
}

TEST_CASE("layout: recursive structs have one, which tells how they recurse") {
    CHECK(all_differ<one::tree, deep_tree, wider_tree>());
    CHECK_FALSE(layout_of<one::tree>().opaque);
}

TEST_CASE("layout: a class known by name and size only makes every state that holds it opaque") {
    CHECK(layout_of<hidden>().opaque);
    CHECK(layout_of<holds_hidden>().opaque);
    CHECK_FALSE(layout_of<holds_hidden>().bound);
}

TEST_CASE(
    "layout: a container of boost::unordered binds every state that holds it to the module that made it") {
    CHECK(layout_of<boost::unordered_flat_map<int, int>>().bound);
    CHECK(layout_of<boost::unordered_map<int, int>>().bound);
    CHECK(layout_of<holds_boost>().bound);
    CHECK_FALSE(layout_of<boost::container::flat_map<int, int>>().bound);
    CHECK_FALSE(layout_of<std::unordered_map<int, int>>().bound);
}

TEST_CASE("layout: it is known while compiling") {
    static_assert(layout_of<one::state>().fingerprint != 0);
    static_assert(layout_of<one::state>() == layout_of<two::content>());
    static_assert(layout_of<ordered>() != layout_of<reordered>());
}
