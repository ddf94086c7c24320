// Facts about a module's file before any of its code has run: descriptor, build id, lint.
#pragma once

#include "module/layout_type.hpp"
#include "module/served_revisions.hpp"
#include "module/staging_area.hpp"

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/descriptor.hpp>
#include <hotswap/detail/module/finding.hpp>
#include <hotswap/detail/module/policy.hpp>
#include <hotswap/detail/state/schema.hpp>
#include <hotswap/failure.hpp>

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
    std::string digest;                     ///< BLAKE2b-256 of the file, hexadecimal
    std::vector<std::string> keeps_mapped;  ///< the parts of the module that prevent an unload, in words
    std::vector<finding> warnings;          ///< faults of the module that do not refuse it
    bool leaves_without_trace = false;      ///< its leftovers could not be found later: it stays mapped
    std::uint64_t static_block_bytes = 0;   ///< that each load takes for thread-local memory
    layout_texts layouts{};                 ///< of the states, by version

    /// Each warning with its remedy, for reports.
    std::vector<std::string> warnings_in_words() const;

    std::string_view component() const noexcept { return descriptor.component; }
    std::string_view release() const noexcept { return descriptor.release; }
    hotswap::contract contract() const noexcept {
        return {descriptor.contract, descriptor.contract_number,
                abi::count_functions(descriptor.contract_end)};
    }
    /// The revisions of that contract, down to the oldest one that it extends and serves.
    served_revisions revisions() const noexcept { return served_revisions(descriptor); }
    implemented_contract implements() const noexcept { return {descriptor.contract, revisions()}; }
    hotswap::schema schema() const noexcept { return {descriptor.schema, descriptor.schema_version}; }
    bool legacy() const noexcept { return descriptor.schema_version == 0; }

    /// The module's entry for a version of the state; null if the module does not know that version.
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

/// Reads and judges the bytes of a module without running any code, as the host that would load it.
/// Errors:   not_elf, wrong_architecture, truncated_file, damaged_module, no_descriptor, abi_mismatch,
///           toolchain_mismatch, unsealed_module, missing_signature, bad_signature, unique_symbols, unresolved_symbols,
///           load_failed if it has no entry, lint_refused.
result<module_file> verify_module(staged_file const& file, module_policy const& policy);

/// The same for bytes that are not in a file; `name` is for messages.
result<module_file> verify_module(std::span<std::byte const> file, std::string_view name,
                                  module_policy const& policy = {});

}  // namespace hotswap::detail
