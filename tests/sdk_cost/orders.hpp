#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string_view>

namespace shop {

/// A typical contract: a few calls with texts and numbers.
struct orders {
    static constexpr hotswap::contract contract{"shop.orders", 1};
    virtual ~orders() = default;
    virtual std::uint64_t place(std::string_view customer, std::string_view item, std::uint32_t count) = 0;
    virtual bool cancel(std::uint64_t number) = 0;
    /// The number of items in the order; 0 if there is no such order.
    virtual std::uint32_t count_of(std::uint64_t number) = 0;
    virtual std::size_t open_orders() = 0;
};

}  // namespace shop
