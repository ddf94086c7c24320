// The contract of the benchmarks' component whose state is one table.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string_view>

namespace bench {

struct rows {
    static constexpr hotswap::contract contract{"bench.rows", 1};
    virtual ~rows() = default;

    virtual void fill(std::uint64_t rows) = 0;
    virtual std::uint64_t read(std::uint64_t key) = 0;
    virtual void write(std::uint64_t key) = 0;
    virtual void erase(std::uint64_t key) = 0;
    virtual void insert(std::uint64_t key) = 0;
    virtual std::uint64_t size() = 0;
};

}  // namespace bench
