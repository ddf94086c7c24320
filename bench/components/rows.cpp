// Rows in a hotswap::table, as release 1 (schema 1) and release 2 (schema 2), by BENCH_SCHEMA. Each swap rewrites them all.
#include "components/rows.hpp"

#include <hotswap/component.hpp>
#include <hotswap/table.hpp>

#include <string>

namespace {

namespace v1 {
struct row {
    std::uint32_t count = 0;
    std::string name;
};
struct state {
    static constexpr hotswap::schema schema{"bench.rows", 1};
    hotswap::table<std::string, row> rows;
};
}  // namespace v1

namespace v2 {
struct row {
    std::uint64_t count = 0;
    std::string name;
    bool flag = false;
};
struct state {
    static constexpr hotswap::schema schema{"bench.rows", 2};
    hotswap::table<std::string, row> rows;
};
}  // namespace v2

#if BENCH_SCHEMA == 1
using current = v1::state;
using migrations = hotswap::history<>;
#else
v2::state widen(v1::state&& old) {
    return {std::move(old.rows).transform([](v1::row&& row) {
        return v2::row{row.count, std::move(row.name), false};
    })};
}
v1::state narrow(v2::state&& now) {
    return {std::move(now.rows).transform([](v2::row&& row) {
        return v1::row{static_cast<std::uint32_t>(row.count), std::move(row.name)};
    })};
}
using current = v2::state;
using migrations = hotswap::history<&widen, &narrow>;
#endif

class rows_impl final : public bench::rows {
public:
    using state = current;
    using history = migrations;

    rows_impl(hotswap::host&, state& state) : rows_(state.rows) {}

    void fill(std::uint64_t rows) override {
        rows_.reserve(rows);
        for (std::uint64_t i = 0; i != rows; ++i) insert("key " + std::to_string(i));
    }
    std::uint64_t read(std::string_view key) override {
        std::uint64_t count = 0;
        rows_.cvisit(key, [&](auto const& row) { count = row.second.count; });
        return count;
    }
    void add(std::string_view key, std::uint64_t n) override {
        rows_.visit(key, [n](auto& row) {
            auto& count = row.second.count;
            count = static_cast<decltype(v1::row::count)>(count + n);  // fits the count of both releases
        });
    }
    void insert(std::string_view key) override {
        decltype(current::rows)::mapped_type row;
        row.count = 1;
        row.name.append("the name of ").append(key);
        rows_.try_emplace(key, std::move(row));
    }
    void erase(std::string_view key) override { rows_.erase(key); }

private:
    decltype(current::rows)& rows_;
};

}  // namespace

HOTSWAP_COMPONENT(rows_impl)
