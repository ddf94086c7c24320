#include "transfer/swapped_table.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

namespace bench {

namespace {

std::filesystem::path module(int release) {
    return fmt::format("{}/bench_rows-{}.0.0.so", BENCH_MODULES, release);
}

}  // namespace

swapped_table::swapped_table(std::uint64_t rows)
    : handle_(runtime_.load<bench::rows>("bench_rows", {.module = module(release_)}).value()) {
    handle_->fill(rows);
}

void swapped_table::call(std::string_view key, deed what) {
    switch (what) {
        case deed::read:
            handle_->read(key);
            break;
        case deed::add:
            handle_->add(key, 1);
            break;
        case deed::insert:
            handle_->insert(key);
            break;
        case deed::erase:
            handle_->erase(key);
            break;
    }
}

hotswap::swap_report swapped_table::swap() {
    release_ = 3 - release_;
    auto report = runtime_.swap("bench_rows", {.module = module(release_)});
    if (!report) throw hotswap::swap_error(report.error());
    if (auto const& tables = report->tables; tables.way != hotswap::table_way::before_pause)
        throw std::runtime_error(
            fmt::format("the table was to be copied before the pause, and was copied: {} ({})",
                        hotswap::to_string(tables.way), tables.reason));
    return std::move(*report);
}

}  // namespace bench
