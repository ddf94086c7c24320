#include "state/bytes.hpp"

#include <boost/array.hpp>
#include <boost/container/deque.hpp>
#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>
#include <boost/container/list.hpp>
#include <boost/container/map.hpp>
#include <boost/container/set.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>
#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>
#include <boost/optional.hpp>
#include <boost/serialization/array.hpp>
#include <boost/serialization/bitset.hpp>
#include <boost/serialization/boost_array.hpp>
#include <boost/serialization/boost_unordered_map.hpp>
#include <boost/serialization/boost_unordered_set.hpp>
#include <boost/serialization/complex.hpp>
#include <boost/serialization/deque.hpp>
#include <boost/serialization/forward_list.hpp>
#include <boost/serialization/list.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/optional.hpp>
#include <boost/serialization/set.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/unique_ptr.hpp>
#include <boost/serialization/unordered_map.hpp>
#include <boost/serialization/unordered_set.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/valarray.hpp>
#include <boost/serialization/variant.hpp>
#include <boost/serialization/vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <boost/unordered_map.hpp>
#include <boost/unordered_set.hpp>
#include <boost/variant.hpp>

// These headers call functions that the headers of the containers declare, so they come after those.
#include <boost/serialization/priority_queue.hpp>
#include <boost/serialization/queue.hpp>
#include <boost/serialization/stack.hpp>

#include <doctest/doctest.h>

#include <string>

using hotswap_test::round_trip;

namespace {

template <class T>
void check_same(T const& value) {
    CHECK((round_trip(value) == value));
}

// Written for Boost.Serialization, without regard to hotswap.
struct everything {
    std::map<std::string, int> map{{"a", 1}, {"b", 2}};
    std::multimap<int, std::string> multimap{{1, "a"}, {1, "b"}};
    std::unordered_map<std::string, std::vector<int>> unordered_map{{"a", {1, 2}}};
    std::vector<std::string> vector{"a", "b"};
    std::vector<double> numbers{1, 2, 3};
    std::vector<bool> bits{true, false, true};
    std::list<int> list{1, 2};
    std::forward_list<int> forward_list{1, 2, 3};
    std::deque<std::string> deque{"a"};
    std::set<std::string> set{"a", "b"};
    std::unordered_set<int> unordered_set{1, 2};
    std::optional<std::string> std_optional{"a"};
    boost::optional<std::string> boost_optional{std::string("a")};
    boost::optional<int> boost_none;
    boost::unordered_map<std::string, int> boost_unordered_map{{"a", 1}};
    boost::unordered_set<int> boost_unordered_set{1};
    boost::variant<int, std::string, std::vector<int>> boost_variant{std::string("a")};
    std::array<int, 3> std_array{1, 2, 3};
    boost::array<std::string, 2> boost_array{{"a", "b"}};
    std::pair<int, std::string> pair{1, "a"};
    std::complex<double> complex{1, 2};
    std::bitset<70> bitset{0xf00d};
    std::valarray<double> valarray{1, 2, 3};
    std::stack<int> stack;
    std::queue<std::string> queue;
    std::priority_queue<int> priority_queue;
    std::unique_ptr<std::string> owned;

    template <class Archive>
    void serialize(Archive& archive, unsigned const) {
        archive& map& multimap& unordered_map& vector& numbers& bits& list& forward_list& deque& set&
            unordered_set;
        archive& std_optional& boost_optional& boost_none& boost_unordered_map& boost_unordered_set&
            boost_variant;
        archive& std_array& boost_array& pair& complex& bitset& valarray& stack& queue& priority_queue& owned;
    }
};

}  // namespace

TEST_CASE("archive: Boost's containers come back") {
    namespace bc = boost::container;
    check_same(bc::flat_map<std::string, int>{{"a", 1}, {"b", 2}});
    check_same(bc::flat_multimap<int, int>{{1, 1}, {1, 2}});
    check_same(bc::flat_set<std::string>{"a", "b"});
    check_same(bc::flat_multiset<int>{1, 1});
    check_same(bc::small_vector<std::string, 2>{"a", "b", "c"});
    check_same(bc::small_vector<int, 4>{1, 2, 3, 4, 5});
    check_same(bc::small_vector<bool, 4>{true, false});
    check_same(bc::vector<int>{1, 2});
    check_same(bc::vector<bool>{true, false});
    check_same(bc::static_vector<std::uint16_t, 4>{1, 2});
    check_same(bc::map<int, std::string>{{1, "a"}});
    check_same(bc::set<int>{1, 2});
    check_same(bc::deque<int>{1, 2});
    check_same(bc::list<std::string>{"a"});
    check_same(bc::string("abc"));
    check_same(boost::unordered_map<std::string, int>{{"a", 1}, {"b", 2}});
    check_same(boost::unordered_multimap<int, int>{{1, 1}, {1, 2}});
    check_same(boost::unordered_set<std::string>{"a", "b"});
    check_same(boost::unordered_flat_map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}});
    check_same(boost::unordered_flat_set<std::string>{"a", "b"});
}

TEST_CASE("archive: a count that a bounded container cannot hold is refused") {
    auto const bytes = hotswap_test::encode(std::vector<int>{1, 2, 3});
    boost::container::static_vector<int, 2> small;
    CHECK_THROWS(hotswap_test::decode_into(small, bytes));
}

TEST_CASE("archive: types that only Boost's own headers know come back through these") {
    check_same(boost::optional<std::string>{std::string("a")});
    check_same(boost::optional<int>{});
    check_same(boost::variant<int, std::string>{std::string("a")});
    check_same(std::complex<float>{1, 2});
    check_same(std::bitset<5>{0b10101});
    check_same(std::forward_list<std::string>{"a", "b"});
    check_same(boost::array<int, 2>{{1, 2}});
    check_same(std::vector<boost::variant<int, std::string>>{1, std::string("a")});
    check_same(std::map<int, std::complex<double>>{{1, {1, 2}}});
}

TEST_CASE("archive: a serialize that passes through every container header of Boost works unchanged") {
    everything written;
    written.stack.push(1);
    written.stack.push(2);
    written.queue.push("a");
    written.priority_queue.push(3);
    written.owned = std::make_unique<std::string>("owned");

    everything read;
    read.map.clear();
    read.boost_optional.reset();
    read.boost_variant = 1;
    read.bitset.reset();
    read.forward_list.clear();
    REQUIRE(hotswap_test::decode_into(read, hotswap_test::encode(written)) == 0);

    CHECK((read.map == written.map));
    CHECK((read.multimap == written.multimap));
    CHECK((read.unordered_map == written.unordered_map));
    CHECK((read.vector == written.vector));
    CHECK((read.numbers == written.numbers));
    CHECK((read.bits == written.bits));
    CHECK((read.list == written.list));
    CHECK((read.forward_list == written.forward_list));
    CHECK((read.deque == written.deque));
    CHECK((read.set == written.set));
    CHECK((read.unordered_set == written.unordered_set));
    CHECK((read.std_optional == written.std_optional));
    CHECK((read.boost_optional == written.boost_optional));
    CHECK((read.boost_none == written.boost_none));
    CHECK((read.boost_unordered_map == written.boost_unordered_map));
    CHECK((read.boost_unordered_set == written.boost_unordered_set));
    CHECK((read.boost_variant == written.boost_variant));
    CHECK((read.std_array == written.std_array));
    CHECK((read.boost_array == written.boost_array));
    CHECK((read.pair == written.pair));
    CHECK((read.complex == written.complex));
    CHECK((read.bitset == written.bitset));
    CHECK(
        std::equal(begin(read.valarray), end(read.valarray), begin(written.valarray), end(written.valarray)));
    CHECK((read.stack == written.stack));
    CHECK((read.queue == written.queue));
    CHECK(read.priority_queue.top() == 3);
    CHECK(*read.owned == "owned");
}
