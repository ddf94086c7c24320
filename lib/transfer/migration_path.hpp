// The path from one module's state to another's: which versions it walks, who walks them, and what refuses
// it.
#pragma once

#include "module/module_file.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hotswap::detail {

/// A state as it is before an operation: that of a running module, or of a frame.
struct origin {
    std::string schema;  ///< empty for a legacy state
    std::uint32_t version = 0;
    std::uint64_t layout = 0;
};

/// The way that the state takes. The old module exports at `exchange_version`, the new one imports from there.
struct migration_path {
    hotswap::direction direction = hotswap::direction::same;
    std::uint32_t exchange_version = 0;
    std::vector<std::uint32_t> versions;
    std::vector<std::string> losses;  ///< "2 → 1"
};

/// Whether the states belong together at all.
/// Errors:   schema_mismatch, layout_changed.
result<void> check_schema(origin const& from, module_file const& to, std::string_view to_name);

/// Whether the running state could become one of `to`, as far as names and layouts tell.
/// Errors:   schema_mismatch, layout_changed.
result<void> check_states(module_file const& from, module_file const& to, std::string_view to_name);

/// The way from a frame into a module: upgrades only.
/// Errors:   schema_mismatch, layout_changed, no_migration_path.
result<migration_path> find_import_path(origin const& from, module_file const& to, std::string_view to_name);

/// The way from a running module to another: upgrades are walked by the new one, downgrades by the running one.
/// Errors:   schema_mismatch, layout_changed, no_migration_path.
result<migration_path> find_migration_path(module_file const& from, module_file const& to,
                                           std::string_view to_name);

/// That of a state that begins anew in `to`, whatever ran before.
result<migration_path> path_of_fresh_state(module_file const& to);

/// Errors:   lossy_refused, unless loss is allowed or there is none.
result<void> check_loss(migration_path const& path, bool allow_loss, std::string_view to_name);

/// Why the state goes through its serialized form instead of being read where it lies, in words; empty if it is read.
std::string reason_to_serialize(module_file const& from, module_file const& to, migration_path const& path,
                                bool has_budget);

/// How many states are made along the way, at the most, where the running object is read.
std::size_t states_read(module_file const& from, module_file const& to, migration_path const& path);
/// The same where it is serialized.
std::size_t states_serialized(migration_path const& path) noexcept;

/// The refusal of a handoff.
failure handoff_refusal(std::string_view to_name, std::string_view reason, phase at);

/// Errors:   handoff_refused, with the reason.
result<void> check_handoff(module_file const& from, module_file const& to, std::string_view to_name);

}  // namespace hotswap::detail
