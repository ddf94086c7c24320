#include "state/bytes.hpp"

#include <hotswap/detail/state/layout.hpp>

#include <boost/serialization/access.hpp>
#include <boost/serialization/array.hpp>
#include <boost/serialization/base_object.hpp>
#include <boost/serialization/binary_object.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/split_free.hpp>
#include <boost/serialization/split_member.hpp>
#include <boost/serialization/vector.hpp>
#include <boost/serialization/version.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using hotswap_test::decode;
using hotswap_test::encode;
using hotswap_test::round_trip;

namespace {

class account {
public:
    account() = default;
    explicit account(int cents) : cents_(cents) {}
    bool operator==(account const&) const = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& cents_;
    }

private:
    int cents_ = 0;
};

struct ledger {
    std::map<std::string, account> accounts;
    std::vector<account> closed;
    bool operator==(ledger const&) const = default;
};

class split {
public:
    split() = default;
    explicit split(std::string text) : text_(std::move(text)) {}
    bool operator==(split const&) const = default;
    BOOST_SERIALIZATION_SPLIT_MEMBER()

private:
    friend class boost::serialization::access;
    template <class Archive>
    void save(Archive& archive, unsigned) const {
        archive << text_.size();
        archive.save_binary(text_.data(), text_.size());
    }
    template <class Archive>
    void load(Archive& archive, unsigned) {
        std::size_t size = 0;
        archive >> size;
        if (size > 100) throw hotswap::archive_error("too long");
        text_.resize(size);
        archive.load_binary(text_.data(), size);
    }
    std::string text_;
};

class named {
public:
    named() = default;
    explicit named(int value) : first(value), second(std::to_string(value)) {}
    bool operator==(named const&) const = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned const) {
        archive& BOOST_SERIALIZATION_NVP(first);
        archive& boost::serialization::make_nvp("the second", second);
    }

private:
    int first = 0;
    std::string second;
};

struct raw_memory {
    int numbers[4] = {};
    char text[8] = {};
    std::string grid[2][2];
    std::uint32_t bits = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& boost::serialization::make_array(numbers, 4);
        archive& text;
        archive& grid;
        archive& boost::serialization::make_binary_object(&bits, sizeof bits);
    }
};

struct base {
    int below = 0;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& below;
    }
};
struct derived : base {
    int above = 0;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& boost::serialization::base_object<base>(*this);
        archive& BOOST_SERIALIZATION_BASE_OBJECT_NVP(base);
        archive& above;
    }
};

struct direction_aware {
    int written = 0;
    int read = 0;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        if constexpr (Archive::is_saving::value)
            archive << written;
        else
            archive >> read;
        static_assert(Archive::is_saving::value != Archive::is_loading::value);
    }
};

}  // namespace

namespace library {

// Another author's class: it has no serialize, and our default cannot write its private field.
class celsius {
public:
    celsius() = default;
    explicit celsius(double degrees) : degrees_(degrees) {}
    double degrees() const { return degrees_; }
    bool operator==(celsius const&) const = default;

private:
    double degrees_ = 0;
};

class kelvin {
public:
    double degrees = 0;
    kelvin() = default;
    explicit kelvin(double d) : degrees(d) {}
    bool operator==(kelvin const&) const = default;
};

template <class Archive>
void serialize(Archive& archive, kelvin& value, unsigned) {
    archive& value.degrees;
}

template <class T>
class box {
public:
    T content{};
    box() = default;
    explicit box(T value) : content(std::move(value)) {}
    bool operator==(box const&) const = default;
};

template <class Archive, class T>
void serialize(Archive& archive, box<T>& value, unsigned) {
    archive& value.content;
}

// An aggregate that is not written field by field.
struct pair_of_halves {
    std::uint16_t low = 0;
    std::uint16_t high = 0;
    bool operator==(pair_of_halves const&) const = default;
};

template <class Archive>
void serialize(Archive& archive, pair_of_halves& value, unsigned) {
    std::uint32_t whole = value.low + (std::uint32_t{value.high} << 16);
    archive& whole;
    value = {static_cast<std::uint16_t>(whole), static_cast<std::uint16_t>(whole >> 16)};
}

}  // namespace library

namespace boost::serialization {

template <class Archive>
void save(Archive& archive, library::celsius const& value, unsigned) {
    double const degrees = value.degrees();
    archive << degrees;
}
template <class Archive>
void load(Archive& archive, library::celsius& value, unsigned) {
    double degrees = 0;
    archive >> degrees;
    value = library::celsius(degrees);
}

}  // namespace boost::serialization
BOOST_SERIALIZATION_SPLIT_FREE(library::celsius)

namespace versions {

struct before {
    int value = 1;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& value;
    }
};
struct after {
    int value = 0;
    int extra = 0;
    unsigned seen = 99;
    template <class Archive>
    void serialize(Archive& archive, unsigned version) {
        seen = version;
        archive& value;
        if (version >= 3) archive& extra;
    }
};
struct by_overload {
    unsigned seen = 99;
    by_overload() = default;
};
template <class Archive>
void serialize(Archive&, by_overload& value, unsigned version) {
    value.seen = version;
}

}  // namespace versions
BOOST_CLASS_VERSION(versions::after, 3)
BOOST_CLASS_VERSION(versions::by_overload, 7)

TEST_CASE("archive: a class with its own serialize is written by it, wherever it stands") {
    CHECK(round_trip(account{42}) == account{42});
    ledger const written{{{"a", account{1}}, {"b", account{2}}}, {account{3}}};
    CHECK(round_trip(written) == written);
    CHECK(*round_trip(std::make_unique<account>(7)) == account{7});
}

TEST_CASE("archive: a serialize split into private save and load works") {
    CHECK(round_trip(split{"abc"}) == split{"abc"});
    CHECK(round_trip(std::vector{split{"a"}, split{""}}) == std::vector{split{"a"}, split{""}});
}

TEST_CASE("archive: named values are written without their names") {
    CHECK(round_trip(named{42}) == named{42});
    CHECK(encode(named{42}).size() == 1 + sizeof(int) + sizeof(std::uint64_t) + 2);
}

TEST_CASE("archive: arrays and raw memory within a serialize come back") {
    raw_memory written{{1, 2, 3, 4}, "seven c", {{"a", "b"}, {"c", "d"}}, 0xdeadbeef};
    auto const read = round_trip(written);
    CHECK(std::equal(std::begin(read.numbers), std::end(read.numbers), std::begin(written.numbers)));
    CHECK(std::string(read.text) == "seven c");
    CHECK(read.grid[1][0] == "c");
    CHECK(read.bits == 0xdeadbeef);
}

TEST_CASE("archive: a class writes its base by base_object") {
    derived written;
    written.below = 1;
    written.above = 2;
    auto const read = round_trip(written);
    CHECK(read.below == 1);
    CHECK(read.above == 2);
}

TEST_CASE("archive: serialize learns from the archive whether it writes or reads") {
    direction_aware written;
    written.written = 5;
    CHECK(round_trip(written).read == 5);
}

TEST_CASE("archive: a free serialize is found in boost::serialization and in the namespace of its class") {
    CHECK(round_trip(library::celsius{21.5}) == library::celsius{21.5});
    CHECK(round_trip(library::kelvin{300}) == library::kelvin{300});
    CHECK(round_trip(library::box{std::string("a")}) == library::box{std::string("a")});
    CHECK(round_trip(std::map<int, library::box<library::kelvin>>{{1, library::box{library::kelvin{4}}}})
              .at(1) == library::box{library::kelvin{4}});
}

TEST_CASE("archive: a free serialize goes before the fields of an aggregate") {
    CHECK(round_trip(library::pair_of_halves{1, 2}) == library::pair_of_halves{1, 2});
    CHECK(hotswap::layout_of<library::pair_of_halves>().opaque);
}

TEST_CASE("archive: a class version is handed to serialize, an older one too") {
    versions::after now;
    now.value = 5;
    now.extra = 6;
    auto const back = round_trip(now);
    CHECK(back.value == 5);
    CHECK(back.extra == 6);
    CHECK(back.seen == 3);
    CHECK(round_trip(versions::by_overload{}).seen == 7);

    auto const old = decode<versions::after>(encode(versions::before{4}));
    CHECK(old.value == 4);
    CHECK(old.extra == 0);
    CHECK(old.seen == 0);
}

TEST_CASE("archive: a class version newer than the module's is refused") {
    CHECK_THROWS_AS(decode<versions::before>(encode(versions::after{})), hotswap::archive_error);
}
