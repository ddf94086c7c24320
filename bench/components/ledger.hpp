// The contract of the component whose rows the curve counts.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string_view>

namespace bench {

/// Rows by key: "key 0" … Each has a count and a name; from release 2 on a flag, and a wider count.
struct ledger {
    static constexpr hotswap::contract contract{"bench.ledger", 1};
    virtual ~ledger() = default;

    /// Makes `rows` rows.
    /// Threads:  [quiesced]
    virtual void fill(std::uint64_t rows) = 0;
    /// The count of an existing row.
    /// Threads:  [any]
    virtual std::uint64_t read(std::string_view key) = 0;
    /// Adds to the count of an existing row.
    /// Threads:  [any]
    virtual void add(std::string_view key, std::uint64_t n) = 0;
};

}  // namespace bench
