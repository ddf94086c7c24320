// A component of three versions, as its author would write it: the tests use the classes, and modules of them.
#pragma once

#include <hotswap/component.hpp>
#include <hotswap/table.hpp>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hotswap_test {

struct stock {
    static constexpr hotswap::contract contract{"test.stock", 1};
    virtual ~stock() = default;
    virtual std::uint64_t add(std::string_view item, std::uint64_t n) = 0;
};

namespace stock_v1 {
struct state {
    static constexpr hotswap::schema schema{"test.stock", 1};
    std::map<std::string, std::uint32_t> items;
};
}  // namespace stock_v1
namespace stock_v2 {
struct state {
    static constexpr hotswap::schema schema{"test.stock", 2};
    std::map<std::string, std::uint64_t> items;
    std::uint64_t calls = 0;
};
}  // namespace stock_v2
namespace stock_v3 {
struct row {
    std::uint64_t count = 0;
    std::string shelf;
};
struct state {
    static constexpr hotswap::schema schema{"test.stock", 3};
    hotswap::table<std::string, row> items;
    std::uint64_t calls = 0;
};
}  // namespace stock_v3

inline stock_v2::state widen(stock_v1::state const& old) {
    return {.items{old.items.begin(), old.items.end()}};
}
inline stock_v1::state narrow(stock_v2::state const& now) {
    stock_v1::state old;
    for (auto const& [item, count] : now.items) {
        if (count > UINT32_MAX) throw std::range_error("\"" + item + "\" has too many for version 1");
        old.items.emplace(item, static_cast<std::uint32_t>(count));
    }
    return old;
}
inline stock_v3::state shelve(stock_v2::state const& old, hotswap::arguments const& with) {
    stock_v3::state now;
    auto const shelf = with.find("shelf");
    for (auto const& [item, count] : old.items)
        now.items.try_emplace(item, stock_v3::row{count, shelf == with.end() ? "" : shelf->second});
    now.calls = old.calls;
    return now;
}
inline stock_v2::state unshelve(stock_v3::state const& now) {
    stock_v2::state old;
    now.items.cvisit_all([&](auto const& row) { old.items.emplace(row.first, row.second.count); });
    old.calls = now.calls;
    return old;
}

/// What the three classes share.
template <class State>
class stock_class : public stock {
public:
    using state = State;
    stock_class(hotswap::host& host, State& on) : host_(host), state_(on) { ++living; }
    ~stock_class() override { --living; }

    hotswap::host& host_;
    State& state_;
    static inline int living = 0;
};

/// The releases, in the order of their versions.
class stock_1 final : public stock_class<stock_v1::state> {
public:
    using stock_class::stock_class;
    std::uint64_t add(std::string_view item, std::uint64_t n) override {
        return state_.items[std::string(item)] += static_cast<std::uint32_t>(n);
    }
};

class stock_2 final : public stock_class<stock_v2::state> {
public:
    using history = hotswap::history<&widen, hotswap::lossy<&narrow>>;
    static void validate(state const& on) {
        if (on.items.contains("")) throw std::invalid_argument("an item has no name");
    }
    using stock_class::stock_class;
    std::uint64_t add(std::string_view item, std::uint64_t n) override {
        return ++state_.calls, state_.items[std::string(item)] += n;
    }
};

class stock_3 final : public stock_class<stock_v3::state> {
public:
    using history = hotswap::history<&widen, &shelve, hotswap::lossy<&unshelve>, hotswap::lossy<&narrow>>;
    using stock_class::stock_class;
    std::uint64_t add(std::string_view item, std::uint64_t n) override {
        std::uint64_t count = 0;
        auto const more = [&](auto& row) { count = row.second.count += n; };
        if (state_.items.try_emplace_or_visit(std::string(item), stock_v3::row{n, {}}, more)) count = n;
        return count;
    }
};

}  // namespace hotswap_test
