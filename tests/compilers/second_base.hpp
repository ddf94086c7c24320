#pragma once

#include <hotswap/contract.hpp>

namespace books {

struct second {
    static constexpr hotswap::contract contract{"books.second", 1};
    virtual ~second() = default;
    virtual int right() = 0;  ///< 42
};

}  // namespace books
