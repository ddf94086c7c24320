// The released states. Names of types are part of their fingerprints: of policies, containers, clocks, opaque classes.
#pragma once

#include <hotswap/component.hpp>
#include <hotswap/table.hpp>

#include <boost/container/flat_map.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace books {

enum class kind : std::uint8_t { asset, debt };

template <class Text>
struct longest_first {
    bool operator()(Text const& a, Text const& b) const {
        return a.size() != b.size() ? b.size() < a.size() : a < b;
    }
};

// A template with a specialization: clang++ and g++ spell a part of its name differently.
template <class Key>
struct hash_of {
    std::size_t operator()(Key const& key) const { return std::hash<Key>{}(key); }
};
template <class Text, class Number>
struct hash_of<std::pair<Text, Number>> {
    std::size_t operator()(std::pair<Text, Number> const& key) const {
        return hash_of<Text>{}(key.first) * 31 + hash_of<Number>{}(key.second);
    }
};
using pair = std::pair<std::string, unsigned long>;

struct date {
    std::uint16_t year = 2026;
    std::uint8_t month = 1;
    std::uint8_t day = 1;
};

// The part of the state that both releases keep unchanged.
struct remarks {
    std::map<std::string, std::uint32_t, longest_first<std::string>> by_length;
    std::map<std::string, int, std::greater<>> from_the_end;
    std::unordered_map<std::string, std::vector<std::uint64_t>> by_account;
    std::list<std::chrono::system_clock::time_point> seen;
    std::optional<std::variant<std::int64_t, std::string>> last;
    boost::container::flat_map<std::string, kind> kinds;
    std::vector<std::string> notes;
    std::unique_ptr<date> opened;
    long double rate = 1.5L;
};

namespace v1 {
struct row {
    std::uint32_t amount = 0;
};
struct state {
    static constexpr hotswap::schema schema{"books.ledger", 1};
    hotswap::table<std::string, row> accounts;
    hotswap::table<pair, kind, hash_of<pair>> pairs;
    remarks text;
};
}  // namespace v1

namespace v2 {
struct row {
    std::uint64_t amount = 0;
    std::string label;
};
struct state {
    static constexpr hotswap::schema schema{"books.ledger", 2};
    hotswap::table<std::string, row> accounts;
    hotswap::table<pair, kind, hash_of<pair>> pairs;
    remarks text;
    std::uint64_t calls = 0;
};
}  // namespace v2

inline v2::state widen(v1::state&& old) {
    return {std::move(old.accounts).transform([](v1::row&& r) {
                return v2::row{r.amount, "was narrow"};
            }),
            std::move(old.pairs), std::move(old.text), 0};
}
inline v1::state narrow(v2::state&& now) {
    return {std::move(now.accounts).transform([](v2::row&& r) {
                return v1::row{static_cast<std::uint32_t>(r.amount)};
            }),
            std::move(now.pairs), std::move(now.text)};
}

}  // namespace books
