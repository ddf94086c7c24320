// The archive's behaviour with bytes that it did not write.
#include "state/allocations.hpp"
#include "state/bytes.hpp"

#include <boost/serialization/bitset.hpp>
#include <boost/serialization/boost_unordered_map.hpp>
#include <boost/serialization/forward_list.hpp>
#include <boost/serialization/optional.hpp>
#include <boost/serialization/valarray.hpp>
#include <boost/serialization/variant.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

using hotswap_test::buffer;
using hotswap_test::decode;
using hotswap_test::encode;

namespace {

struct nothing {};

struct item {
    std::string name;
    std::optional<double> price;
    std::variant<std::monostate, int, std::string> mark;
};

struct tree {
    std::vector<tree> children;
};

struct chain {
    std::unique_ptr<chain> next;
};

class counted {
public:
    std::uint16_t value = 0;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& value;
    }
    counted() {}
};

struct sample {
    std::map<std::string, item> items{{"a", {"apple", 1.5, 7}}, {"b", {"berry", {}, "x"}}};
    std::unordered_map<int, std::vector<std::string>> groups{{1, {"one", "two"}}, {2, {}}};
    boost::unordered_flat_map<std::string, int> flat{{"k", 1}};
    std::vector<bool> bits{true, false, true};
    std::vector<std::uint32_t> numbers{1, 2, 3};
    std::vector<nothing> nothings = std::vector<nothing>(3);
    std::vector<long double> precise{1.5L};
    std::set<int> set{1, 2, 3};
    std::deque<std::pair<int, std::string>> deque{{1, "a"}};
    std::list<std::tuple<char, bool>> list{{'a', true}};
    std::array<std::string, 2> array{"x", "y"};
    std::unique_ptr<int> owned = std::make_unique<int>(5);
    std::unique_ptr<int> empty;
    tree leaves{{{{{}, {}}}, {}}};
    chain links{std::make_unique<chain>(std::make_unique<chain>())};
    std::vector<counted> own = std::vector<counted>(2);
    std::u16string wide = u"wide";
    std::chrono::sys_days day{};
};

// A value that the code of Boost's headers reads.
struct boost_sample {
    boost::optional<std::string> optional{std::string("a")};
    boost::variant<int, std::string> variant{std::string("b")};
    boost::unordered_map<std::string, int> map{{"c", 1}};
    std::forward_list<std::string> list{"d", "e"};
    std::valarray<double> numbers{1, 2};
    std::bitset<5> bits{3};

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& optional& variant& map& list& numbers& bits;
    }
};

enum class outcome { value, refused, other };

template <class T>
outcome try_decode(buffer const& bytes) {
    try {
        T value{};
        hotswap_test::decode_into(value, bytes);
        return outcome::value;
    } catch (hotswap::archive_error const&) {
        return outcome::refused;
    } catch (std::bad_alloc const&) {
        throw;
    } catch (std::exception const&) {
        return outcome::other;
    }
}

/// Calls `f` with `bytes`, altered in one byte, for every byte and every alteration of it.
template <class F>
void for_each_alteration(buffer const& bytes, F&& f) {
    for (std::size_t at = 0; at != bytes.size(); ++at) {
        buffer altered = bytes;
        for (int other = 1; other != 256; ++other) {
            altered[at] = static_cast<unsigned char>(bytes[at] ^ other);
            f(altered);
        }
    }
}

constexpr std::size_t allowance(std::size_t input) { return 4096 + 32 * input; }

template <class T>
void put(buffer& bytes, T value) {
    auto const* const first = reinterpret_cast<unsigned char const*>(&value);
    bytes.insert(bytes.end(), first, first + sizeof value);
}

/// A count of `count`, followed by `rest` zero bytes.
buffer crafted(std::uint64_t count, std::size_t rest) {
    buffer bytes;
    put(bytes, count);
    bytes.resize(bytes.size() + rest);
    return bytes;
}

template <class T>
void check_huge_counts_refused() {
    for (std::size_t const rest : {0u, 1u, 7u, 100u})
        for (std::uint64_t const count :
             {std::uint64_t{rest} + 1, std::uint64_t{1} << 20, std::uint64_t{1} << 32, std::uint64_t{1} << 61,
              std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} / 8, ~std::uint64_t{0} / 16 + 1}) {
            auto const bytes = crafted(count, rest);
            hotswap_test::allocation_meter const meter;
            CHECK(try_decode<T>(bytes) == outcome::refused);
            CHECK(meter.peak() <= allowance(bytes.size()));
        }
}

}  // namespace

TEST_CASE("archive: a snapshot that ends early is refused, wherever it ends") {
    auto const bytes = encode(sample{});
    REQUIRE(try_decode<sample>(bytes) == outcome::value);
    for (std::size_t size = 0; size != bytes.size(); ++size) {
        CAPTURE(size);
        // A copy of exactly that size, so that a sanitizer sees each read past its end.
        buffer const cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        hotswap_test::allocation_meter const meter;
        CHECK(try_decode<sample>(cut) == outcome::refused);
        CHECK(meter.peak() <= allowance(size));
    }
}

TEST_CASE(
    "archive: a snapshot altered in any byte is refused or is another state, and allocates no more than a "
    "state") {
    auto const bytes = encode(sample{});
    std::size_t refused = 0;
    std::size_t others = 0;
    std::size_t peak = 0;
    for_each_alteration(bytes, [&](buffer const& altered) {
        hotswap_test::allocation_meter const meter;
        auto const result = try_decode<sample>(altered);
        refused += result == outcome::refused;
        others += result == outcome::other;
        peak = std::max(peak, meter.peak());
    });
    CHECK(refused > 0);
    CHECK(others == 0);
    CHECK(peak <= allowance(bytes.size()));
}

TEST_CASE("archive: what Boost's headers read is bounded in the same way") {
    auto const bytes = encode(boost_sample{});
    std::size_t peak = 0;
    for_each_alteration(bytes, [&](buffer const& altered) {
        hotswap_test::allocation_meter const meter;
        static_cast<void>(try_decode<boost_sample>(altered));
        peak = std::max(peak, meter.peak());
    });
    CHECK(peak <= allowance(bytes.size()));
    for (std::size_t size = 0; size != bytes.size(); ++size) {
        buffer const cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(try_decode<boost_sample>(cut) != outcome::value);
    }
}

TEST_CASE("archive: a count that the bytes left cannot hold is refused before anything is allocated for it") {
    check_huge_counts_refused<std::string>();
    check_huge_counts_refused<std::u32string>();
    check_huge_counts_refused<std::vector<char>>();
    check_huge_counts_refused<std::vector<double>>();
    check_huge_counts_refused<std::vector<long double>>();
    check_huge_counts_refused<std::vector<std::string>>();
    check_huge_counts_refused<std::vector<bool>>();
    check_huge_counts_refused<std::vector<nothing>>();
    check_huge_counts_refused<std::vector<std::array<int, 0>>>();
    check_huge_counts_refused<std::vector<std::tuple<>>>();
    check_huge_counts_refused<std::vector<counted>>();
    check_huge_counts_refused<std::vector<std::optional<int>>>();
    check_huge_counts_refused<std::vector<item>>();
    check_huge_counts_refused<std::deque<int>>();
    check_huge_counts_refused<std::list<std::string>>();
    check_huge_counts_refused<std::set<int>>();
    check_huge_counts_refused<std::multiset<char>>();
    check_huge_counts_refused<std::map<int, nothing>>();
    check_huge_counts_refused<std::unordered_map<int, std::string>>();
    check_huge_counts_refused<std::unordered_multimap<char, char>>();
    check_huge_counts_refused<boost::unordered_flat_map<char, char>>();
}

TEST_CASE("archive: a state nested too deep is refused, when it is written and when it is read") {
    buffer deep;
    for (int i = 0; i != 100'000; ++i) put(deep, std::uint64_t{1});
    put(deep, std::uint64_t{0});
    CHECK(try_decode<tree>(deep) == outcome::refused);

    CHECK(try_decode<chain>(buffer(100'000, 1)) == outcome::refused);

    chain top;
    chain* bottom = &top;
    for (int i = 0; i != 10'000; ++i) bottom = (bottom->next = std::make_unique<chain>()).get();
    CHECK_THROWS_AS(encode(top), hotswap::archive_error);
    while (top.next) top.next = std::move(top.next->next);
}

TEST_CASE("archive: a state nested two hundred deep is written and read") {
    chain top;
    chain* bottom = &top;
    for (int i = 0; i != 200; ++i) bottom = (bottom->next = std::make_unique<chain>()).get();
    auto const back = decode<chain>(encode(top));
    int depth = 0;
    for (auto const* at = &back; at->next; at = at->next.get()) ++depth;
    CHECK(depth == 200);
}

TEST_CASE("archive: many siblings are not depth") {
    tree const wide{std::vector<tree>(2'000)};
    CHECK(decode<tree>(encode(wide)).children.size() == 2'000);
}

TEST_CASE("archive: a bool that is neither 0 nor 1, an unknown alternative and a repeated key are refused") {
    CHECK(try_decode<bool>({2}) == outcome::refused);
    CHECK(try_decode<std::optional<int>>({2, 0, 0, 0, 0}) == outcome::refused);
    CHECK(try_decode<std::unique_ptr<int>>({255, 0, 0, 0, 0}) == outcome::refused);
    CHECK(try_decode<std::variant<int, char>>({2, 0, 0, 0, 0, 0, 0, 0}) == outcome::refused);
    enum class choice : bool { no, yes };
    CHECK(try_decode<choice>({2}) == outcome::refused);

    auto const twice = encode(std::vector<std::pair<int, int>>{{1, 1}, {1, 2}});
    CHECK(try_decode<std::map<int, int>>(twice) == outcome::refused);
    CHECK(try_decode<std::unordered_map<int, int>>(twice) == outcome::refused);
    CHECK(try_decode<std::multimap<int, int>>(twice) == outcome::value);
    CHECK(try_decode<std::set<int>>(encode(std::vector{1, 1})) == outcome::refused);
}

TEST_CASE("archive: a refusal says what is wrong with the snapshot") {
    auto const words = []<class T>(std::type_identity<T>, buffer const& bytes) -> std::string {
        try {
            static_cast<void>(decode<T>(bytes));
        } catch (hotswap::archive_error const& error) {
            return error.what();
        }
        return "";
    };
    CHECK(words(std::type_identity<int>{}, {1, 2}).find("ends in the middle") != std::string::npos);
    CHECK(words(std::type_identity<std::string>{}, crafted(9, 8)).find("count") != std::string::npos);
    CHECK(words(std::type_identity<bool>{}, {7}).find("bool") != std::string::npos);
}
