// What every module of the rehearsal is asked by.
#pragma once

#include <hotswap/detail/abi/module_api.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hotswap::rehearse {

/// The functions of a module that is loaded, a handle of dlopen; null if it has none that this release knows.
abi::module_api const* find_functions(void* library) noexcept;

/// Arguments or settings, as the request holds them.
/// Lifetime: `bytes` outlive them.
std::vector<abi::argument> read_arguments(std::uint32_t count, std::span<std::byte const> bytes);

/// Text of the request.
inline abi::text as_text(std::span<std::byte const> bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace hotswap::rehearse
