// The contract of a shop's stock, the same for all three releases.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace demo {

struct stock {
    static constexpr hotswap::contract contract{"demo.stock", 1};
    virtual ~stock() = default;
    virtual void put(std::string_view article, std::uint32_t pieces) = 0;
    /// "12 pieces of tea at 450 EUR cents", or the part of this text that the release knows.
    virtual std::string describe(std::string_view article) = 0;
};

}  // namespace demo
