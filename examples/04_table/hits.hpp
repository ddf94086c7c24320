// The contract: counts the visits of pages.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string_view>

namespace demo {

struct hits {
    static constexpr hotswap::contract contract{"demo.hits", 1};
    virtual ~hits() = default;
    virtual void visit(std::string_view page) = 0;
    virtual std::uint64_t of(std::string_view page) = 0;
    virtual std::uint64_t pages() = 0;
};

}  // namespace demo
