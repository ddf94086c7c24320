// The host that the commands of an operator are measured on: two components and a control interface.
#pragma once

#include "components/counter.hpp"
#include "components/rows.hpp"
#include "harness/scratch.hpp"

#include <hotswap/control.hpp>
#include <hotswap/runtime.hpp>

#include <cstdint>
#include <filesystem>

namespace bench {

class operated_host {
public:
    /// `bench_rows` has that many rows, `bench_counter` is empty; both are at release 1.
    explicit operated_host(std::uint64_t rows);

    std::filesystem::path socket() const { return directory_.path() / "control"; }
    hotswap::handle<counter> const& counting() const noexcept { return counting_; }
    hotswap::handle<bench::rows> const& keeping() const noexcept { return keeping_; }
    /// Swap in this process, without the control interface: the counter to release 2, the rows to their other release.
    /// Errors:   throws swap_error.
    void upgrade_counter();
    void swap_rows();

private:
    scratch directory_;
    hotswap::runtime runtime_;
    hotswap::handle<counter> counting_;
    hotswap::handle<bench::rows> keeping_;
    hotswap::control control_;
    int release_of_rows_ = 1;
};

}  // namespace bench
