#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string_view>

namespace outside {

struct visits {
    static constexpr hotswap::contract contract{"outside.visits", 1};
    virtual ~visits() = default;
    virtual std::uint64_t add(std::string_view page) = 0;
    virtual std::uint64_t total() = 0;
    virtual std::string_view release() = 0;
};

}  // namespace outside
