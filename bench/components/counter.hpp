// The contract of the benchmarks' component.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>

namespace bench {

/// Counts, as cheaply as a virtual function can.
struct counter {
    static constexpr hotswap::contract contract{"bench.counter", 1};
    virtual ~counter() = default;

    /// Does almost nothing, so that the time is the price of the call.
    /// Threads:  [any]
    virtual std::uint64_t next(std::uint64_t value) noexcept = 0;

    /// The number of the release that answers: 1 or 2.
    /// Threads:  [any]
    virtual int release() noexcept = 0;

    /// Fills the state with `entries` keys.
    /// Threads:  [quiesced]
    virtual void fill(std::uint64_t entries) = 0;
};

}  // namespace bench
