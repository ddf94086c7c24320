// The contract of the component whose rows are in a hotswap::table.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string_view>

namespace bench {

/// Rows by key: "key 0" … Each has a count and a name; from release 2 on a flag, and a wider count.
struct rows {
    static constexpr hotswap::contract contract{"bench.rows", 1};
    virtual ~rows() = default;

    /// Makes `rows` rows.
    /// Threads:  [quiesced]
    virtual void fill(std::uint64_t rows) = 0;
    /// The count of a row; 0 if the row does not exist.
    /// Threads:  [any]
    virtual std::uint64_t read(std::string_view key) = 0;
    /// Adds to the count of a row, if the row exists.
    /// Threads:  [any]
    virtual void add(std::string_view key, std::uint64_t n) = 0;
    /// Makes a row, unless it exists.
    /// Threads:  [any]
    virtual void insert(std::string_view key) = 0;
    /// Removes a row, if it exists.
    /// Threads:  [any]
    virtual void erase(std::string_view key) = 0;
};

}  // namespace bench
