#include "control/operated_host.hpp"

#include <fmt/format.h>

#include <string>

namespace bench {

namespace {

std::filesystem::path file_of(std::string const& component, int release) {
    return fmt::format("{}/{}-{}.0.0.so", BENCH_MODULES, component, release);
}

// More than the default of connections and of changes: a hundred watchers, and reverts as fast as they go.
constexpr hotswap::control_limits limits{.connections = 256, .changes_per_minute = 1'000'000};

}  // namespace

operated_host::operated_host(std::uint64_t rows)
    : runtime_{{.modules = BENCH_MODULES, .log_level = hotswap::level::warning}},
      counting_(runtime_.load<counter>("bench_counter", {.module = file_of("bench_counter", 1)}).value()),
      keeping_(runtime_.load<bench::rows>("bench_rows", {.module = file_of("bench_rows", 1)}).value()),
      control_{runtime_, {.socket = socket(), .limits = limits, .service_manager = false}} {
    keeping_->fill(rows);
}

void operated_host::upgrade_counter() {
    runtime_.swap("bench_counter", {.module = file_of("bench_counter", 2)}).value();
}

void operated_host::swap_rows() {
    release_of_rows_ = 3 - release_of_rows_;
    runtime_.swap("bench_rows", {.module = file_of("bench_rows", release_of_rows_)}).value();
}

}  // namespace bench
