// The one header that a contract needs: shared by hosts and modules, and next to free to include.
#pragma once

#include <cstdint>
#include <string_view>

namespace hotswap {

/// Names and numbers a contract, the abstract class through which a host calls a component.
/// A host and a module agree iff both are equal: raise `number` whenever the class changes in any way. `hotswap_contract` (CMake)
/// fails the build where that was forgotten; a forgotten number whose change shows in the count of virtual functions is refused
/// at run time (contract_mismatch).
struct contract {
    std::string_view name;
    std::uint32_t number = 1;

    /// Entries of the class's vtable, filled by hotswap; 0: unknown.
    std::uint32_t functions = 0;

    constexpr bool operator==(contract const& other) const noexcept {
        return name == other.name && number == other.number;
    }
};

}  // namespace hotswap
