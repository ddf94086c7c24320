// A ledger in a plain struct, as release 1 (schema 1) and release 2 (schema 2), by BENCH_SCHEMA; its rows in a std::map,
// or in one sorted piece of memory with BENCH_FLAT.
#include "components/ledger.hpp"

#include <hotswap/component.hpp>

#if BENCH_FLAT
#include <boost/container/flat_map.hpp>
#endif

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

namespace {

#if BENCH_FLAT
template <class Row>
using row_map = boost::container::flat_map<std::string, Row, std::less<>>;
template <class Row>
void make_room(row_map<Row>& in, std::size_t rows) {
    in.reserve(rows);
}
#else
template <class Row>
using row_map = std::map<std::string, Row, std::less<>>;
template <class Row>
void make_room(row_map<Row>&, std::size_t) {}
#endif

namespace v1 {
struct row {
    std::uint32_t count = 0;
    std::string name;
};
struct state {
    static constexpr hotswap::schema schema{"bench.ledger", 1};
    row_map<row> rows;
};
}  // namespace v1

namespace v2 {
struct row {
    std::uint64_t count = 0;
    std::string name;
    bool flag = false;
};
struct state {
    static constexpr hotswap::schema schema{"bench.ledger", 2};
    row_map<row> rows;
};
}  // namespace v2

#if BENCH_SCHEMA == 1
using current = v1::state;
using migrations = hotswap::history<>;
#elif BENCH_LENT
v2::state widen(v1::state const& old) {
    v2::state now;
    for (auto const& [key, row] : old.rows)
        now.rows.emplace_hint(now.rows.end(), key, v2::row{row.count, row.name, false});
    return now;
}
v1::state narrow(v2::state const& now) {
    v1::state old;
    for (auto const& [key, row] : now.rows)
        old.rows.emplace_hint(old.rows.end(), key, v1::row{static_cast<std::uint32_t>(row.count), row.name});
    return old;
}
using current = v2::state;
using migrations = hotswap::history<&widen, &narrow>;
#else
v2::state widen(v1::state&& old) {
    v2::state now;
    make_room(now.rows, old.rows.size());
    for (auto& [key, row] : old.rows)
        now.rows.emplace_hint(now.rows.end(), key, v2::row{row.count, std::move(row.name), false});
    return now;
}
v1::state narrow(v2::state&& now) {
    v1::state old;
    make_room(old.rows, now.rows.size());
    for (auto& [key, row] : now.rows)
        old.rows.emplace_hint(old.rows.end(), key,
                              v1::row{static_cast<std::uint32_t>(row.count), std::move(row.name)});
    return old;
}
using current = v2::state;
using migrations = hotswap::history<&widen, &narrow>;
#endif

class ledger_impl final : public bench::ledger {
public:
    using state = current;
    using history = migrations;

    ledger_impl(hotswap::host&, state& state) : state_(state) {}

    // In the order of the keys, which differs from the order of their numbers.
    void fill(std::uint64_t rows) override {
        std::vector<std::string> keys;
        for (std::uint64_t i = 0; i != rows; ++i) keys.push_back("key " + std::to_string(i));
        std::sort(keys.begin(), keys.end());
        make_room(state_.rows, rows);
        for (auto& key : keys) {
            decltype(current::rows)::mapped_type row;
            row.count = 1;
            row.name = "the name of " + key;
            state_.rows.emplace_hint(state_.rows.end(), std::move(key), std::move(row));
        }
    }
    std::uint64_t read(std::string_view key) override {
        std::shared_lock const lock(mutex_);
        return state_.rows.find(key)->second.count;
    }
    void add(std::string_view key, std::uint64_t n) override {
        std::lock_guard const lock(mutex_);
        auto& count = state_.rows.find(key)->second.count;
        count = static_cast<decltype(v1::row::count)>(count + n);  // fits the count of both releases
    }

private:
    std::shared_mutex mutex_;
    state& state_;
};

}  // namespace

HOTSWAP_COMPONENT(ledger_impl)
