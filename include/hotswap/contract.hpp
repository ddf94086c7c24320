// The one header that a contract needs: shared by hosts and modules, and next to free to include.
#pragma once

#include <cstdint>
#include <string_view>

namespace hotswap {

/// Names and numbers a contract, the abstract class through which a host calls a component.
/// A host and a module agree iff both are equal: raise `number` whenever the class changes in any way.
struct contract {
    std::string_view name;
    std::uint32_t number = 1;

    constexpr bool operator==(contract const&) const noexcept = default;
};

}  // namespace hotswap
