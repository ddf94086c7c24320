// Access to a module's functions, for both modules of the rehearsal.
#pragma once

#include <hotswap/detail/abi/module_api.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hotswap::rehearse {

/// The functions of a loaded module, a dlopen handle; null if it has none that this release knows.
abi::module_api const* find_functions(void* library) noexcept;

/// Arguments or settings from their form in the request.
/// Lifetime: `bytes` outlive the result.
std::vector<abi::argument> read_arguments(std::uint32_t count, std::span<std::byte const> bytes);

/// A text of the request.
inline abi::text as_text(std::span<std::byte const> bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace hotswap::rehearse
