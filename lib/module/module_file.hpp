// What is known of a module's file before any of its code has run: descriptor, build id, lint.
#pragma once

#include <hotswap/abi/descriptor.hpp>
#include <hotswap/base/result.hpp>
#include <hotswap/contract.hpp>
#include <hotswap/state/schema.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// A verified file.
struct module_file {
    abi::descriptor descriptor;
    std::string build_id;
    std::vector<std::string> keeps_mapped;  ///< what in it defeats dlclose, in words

    std::string_view component() const noexcept { return descriptor.component; }
    std::string_view release() const noexcept { return descriptor.release; }
    hotswap::contract contract() const noexcept { return {descriptor.contract, descriptor.contract_number}; }
    hotswap::schema schema() const noexcept { return {descriptor.schema, descriptor.schema_version}; }
    bool legacy() const noexcept { return descriptor.schema_version == 0; }

    /// The module's entry for a version of the state; null if it does not know it.
    abi::state_entry const* state(std::uint32_t version) const noexcept;
    /// The module's own state.
    abi::state_entry const& own_state() const noexcept { return *state(descriptor.schema_version); }
    bool starts_from(std::uint32_t version) const noexcept {
        return version >= descriptor.oldest_start && version <= descriptor.schema_version;
    }
    bool goes_back_to(std::uint32_t version) const noexcept {
        return version >= descriptor.oldest_back && version <= descriptor.schema_version;
    }
};

/// Reads and judges the bytes of a module without running any of it; `name` is for messages.
/// Errors:   not_elf, wrong_architecture, truncated_file, no_descriptor, abi_mismatch, toolchain_mismatch,
///           unique_symbols.
result<module_file> verify_module(std::span<std::byte const> file, std::string_view name);

}  // namespace hotswap::detail
