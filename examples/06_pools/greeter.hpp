// The contract: greets people, and counts how often.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace demo {

struct greeter {
    static constexpr hotswap::contract contract{"demo.greeter", 1};
    virtual ~greeter() = default;
    virtual std::string greet(std::string_view name) = 0;
    virtual std::uint64_t greeted() = 0;
};

}  // namespace demo
