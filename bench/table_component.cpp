// The benchmarks' component whose state is one table, as release 1 (schema 1) and release 2 (schema 2), by BENCH_SCHEMA.
#include "table_component.hpp"

#include <hotswap/component.hpp>
#include <hotswap/table.hpp>

#include <string>
#include <utility>

namespace {

namespace v1 {
struct row {
    std::uint32_t hits = 0;
    std::string name;
};
struct state {
    static constexpr hotswap::schema schema{"bench.rows", 1};
    hotswap::table<std::uint64_t, row> rows;
};
}  // namespace v1

namespace v2 {
struct row {
    std::uint64_t hits = 0;
    std::string name;
    bool seen = false;
};
struct state {
    static constexpr hotswap::schema schema{"bench.rows", 2};
    hotswap::table<std::uint64_t, row> rows;
};
}  // namespace v2

#if BENCH_SCHEMA == 1
using current = v1::state;
using row = v1::row;
using migrations = hotswap::history<>;
#else
v2::state widen(v1::state&& old) {
    return {std::move(old.rows).transform([](v1::row&& r) {
        return v2::row{r.hits, std::move(r.name), false};
    })};
}
v1::state narrow(v2::state&& now) {
    return {std::move(now.rows).transform([](v2::row&& r) {
        return v1::row{static_cast<std::uint32_t>(r.hits), std::move(r.name)};
    })};
}
using current = v2::state;
using row = v2::row;
using migrations = hotswap::history<&widen, &narrow>;
#endif

class rows_impl final : public bench::rows {
public:
    using state = current;
    using history = migrations;

    rows_impl(hotswap::host&, state& state) : rows_(state.rows) {}

    void fill(std::uint64_t rows) override {
        rows_.reserve(rows);
        for (std::uint64_t key = 0; key != rows; ++key) insert(key);
    }
    std::uint64_t read(std::uint64_t key) override {
        std::uint64_t hits = 0;
        rows_.cvisit(key, [&](auto const& row) { hits = row.second.hits; });
        return hits;
    }
    void write(std::uint64_t key) override {
        rows_.visit(key, [](auto& row) { ++row.second.hits; });
    }
    void erase(std::uint64_t key) override { rows_.erase(key); }
    void insert(std::uint64_t key) override {
        row made;
        made.name = "row";
        rows_.try_emplace(key, std::move(made));
    }
    std::uint64_t size() override { return rows_.size(); }

private:
    decltype(current::rows)& rows_;
};

}  // namespace

HOTSWAP_COMPONENT(rows_impl)
