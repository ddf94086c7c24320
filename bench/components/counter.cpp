// The benchmarks' component, as release 1 (schema 1) and release 2 (schema 2), by BENCH_SCHEMA.
#include "components/counter.hpp"

#include <hotswap/component.hpp>

#include <map>
#include <string>

namespace {

namespace v1 {
struct state {
    static constexpr hotswap::schema schema{"bench.counter", 1};
    std::map<std::string, std::uint32_t> totals;
};
}  // namespace v1

namespace v2 {
struct state {
    static constexpr hotswap::schema schema{"bench.counter", 2};
    std::map<std::string, std::uint64_t> totals;
    std::uint64_t calls = 0;
};
}  // namespace v2

#if BENCH_SCHEMA == 1
using current = v1::state;
using migrations = hotswap::history<>;
#else
v2::state widen(v1::state&& old) {
    v2::state now;
    for (auto const& [key, total] : old.totals) now.totals.emplace_hint(now.totals.end(), key, total);
    return now;
}
v1::state narrow(v2::state&& now) {
    v1::state old;
    for (auto const& [key, total] : now.totals)
        old.totals.emplace_hint(old.totals.end(), key, static_cast<std::uint32_t>(total));
    return old;
}
using current = v2::state;
using migrations = hotswap::history<&widen, &narrow>;
#endif

class counter_impl final : public bench::counter {
public:
    using state = current;
    using history = migrations;

    counter_impl(hotswap::host&, state& state) : state_(state) {}

    std::uint64_t next(std::uint64_t value) noexcept override { return value + 1; }
    int release() noexcept override { return BENCH_SCHEMA; }
    void fill(std::uint64_t entries) override {
        for (std::uint64_t i = 0; i != entries; ++i) state_.totals["key " + std::to_string(i)] = 1;
    }

private:
    state& state_;
};

}  // namespace

HOTSWAP_COMPONENT(counter_impl)
