// The one header that a contract needs: shared by hosts and modules, and cheap to include.
#pragma once

#include <cstdint>
#include <string_view>

namespace hotswap {

/// Names and numbers a contract, the abstract class through which a host calls a component.
/// A host and a module agree if and only if both are equal: raise `number` whenever the class changes in any
/// way. `hotswap_contract` (CMake) fails the build if the number was not raised. At run time a module whose
/// count of virtual functions differs under the same number is refused (contract_mismatch).
///
/// A contract that only adds functions at the end is a revision: it derives from the contract before, names
/// it as `extends`, and takes the next number.
///
///     struct inventory_2 : inventory {
///         using extends = inventory;   // "shop.inventory", 1
///         static constexpr hotswap::contract contract{"shop.inventory", 2};
///         virtual void reserve(std::string_view item, std::uint64_t n) = 0;
///     };
///
/// A module that implements `inventory_2` serves the hosts of both contracts.
struct contract {
    std::string_view name;
    std::uint32_t number = 1;

    /// Entries of the class's vtable, filled by hotswap; 0: unknown.
    std::uint32_t functions = 0;

    constexpr bool operator==(contract const& other) const noexcept {
        return name == other.name && number == other.number;
    }
};

/// The revisions of its contract that a module serves: `oldest`, `newest` and all between.
struct contract_revisions {
    std::uint32_t oldest = 0;
    std::uint32_t newest = 0;

    constexpr bool operator==(contract_revisions const&) const noexcept = default;
};

}  // namespace hotswap
