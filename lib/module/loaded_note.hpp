// The notes of a shared object in memory, found by its program headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hotswap::detail {

/// The content of the first note of that name and type in the object that contains `address`; empty if there
/// is none.
/// Lifetime: the object stays loaded.
/// Threads:  [any]
std::optional<std::span<std::byte const>> note_in_memory(std::uintptr_t address, std::string_view name,
                                                         std::uint32_t type) noexcept;

/// The note of the object of a dlopen handle.
std::optional<std::span<std::byte const>> note_in_memory(void* handle, std::string_view name,
                                                         std::uint32_t type) noexcept;

}  // namespace hotswap::detail
