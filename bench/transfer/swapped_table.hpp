// A component with one table, and its swaps: up and down, every row rewritten before the pause.
#pragma once

#include "components/rows.hpp"
#include "harness/requests.hpp"

#include <hotswap/runtime.hpp>

#include <cstdint>
#include <string_view>

namespace bench {

class swapped_table {
public:
    explicit swapped_table(std::uint64_t rows);

    void call(std::string_view key, deed what);
    /// To the other release.
    /// Errors:   throws swap_error; std::runtime_error if the rows were not copied before the pause.
    hotswap::swap_report swap();
    hotswap::runtime& runtime() noexcept { return runtime_; }

private:
    hotswap::runtime runtime_{{.modules = BENCH_MODULES, .rehearse = hotswap::rehearse::never}};
    int release_ = 1;
    hotswap::handle<rows> handle_;
};

}  // namespace bench
