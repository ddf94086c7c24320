// The contract by which a component is called while a generation serves.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace hotswap::detail {

/// As `contract`, but owns its name.
struct served_contract {
    std::string name{};
    std::uint32_t number = 0;
    std::uint32_t functions = 0;  ///< as in `contract`

    served_contract() = default;
    served_contract(std::string of, std::uint32_t which) : name(std::move(of)), number(which) {}
    explicit served_contract(contract const& of)
        : name(of.name), number(of.number), functions(of.functions) {}

    /// Lifetime: that of this object.
    contract view() const noexcept { return {name, number, functions}; }
    std::string in_words() const { return name + " " + std::to_string(number); }
    bool operator==(served_contract const& other) const noexcept { return view() == other.view(); }
};

}  // namespace hotswap::detail
