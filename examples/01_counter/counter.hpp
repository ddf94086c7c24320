// The contract: the only code that the host and the modules share.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string_view>

namespace demo {

struct counter {
    static constexpr hotswap::contract contract{"demo.counter", 1};
    virtual ~counter() = default;
    virtual std::uint64_t add(std::string_view key, std::uint64_t n) = 0;
};

}  // namespace demo
