// The path from one module's state to another's: its versions, the module that walks them, and the refusals.
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

/// A state before an operation: the state of a running module, or of a frame.
struct origin {
    std::string schema;  ///< empty for a legacy state
    std::uint32_t version = 0;
    std::uint64_t layout = 0;
    std::string layout_text{};  ///< empty: not known
};

/// The path of a state. The old module exports at `exchange_version`, the new one imports from there.
struct migration_path {
    hotswap::direction direction = hotswap::direction::same;
    std::uint32_t exchange_version = 0;
    std::vector<std::uint32_t> versions;
    std::vector<std::string> losses;  ///< "2 → 1"
};

/// Checks that the state and the module `to` have the same schema, and the same layout of its version.
/// Errors:   schema_mismatch, layout_changed.
result<void> check_schema(origin const& from, module_file const& to, std::string_view to_name);

/// Checks names and layouts: whether the running state could become a state of `to`.
/// Errors:   schema_mismatch, layout_changed.
result<void> check_states(module_file const& from, module_file const& to, std::string_view to_name);

/// Finds the path from a frame into a module: upgrades only.
/// Errors:   schema_mismatch, layout_changed, no_migration_path.
result<migration_path> find_import_path(origin const& from, module_file const& to, std::string_view to_name);

/// Finds the path from a running module to another: the new one walks upgrades, the running one downgrades.
/// Errors:   schema_mismatch, layout_changed, no_migration_path.
result<migration_path> find_migration_path(module_file const& from, module_file const& to,
                                           std::string_view to_name);

/// The path of a default state of `to`, independent of the module that ran before.
result<migration_path> path_of_fresh_state(module_file const& to);

/// Errors:   lossy_refused, unless loss is allowed or there is none.
result<void> check_loss(migration_path const& path, bool allow_loss, std::string_view to_name);

/// The reason that the state goes through its serialized form and is not read in place; empty if it is read.
std::string reason_to_serialize(module_file const& from, module_file const& to, migration_path const& path,
                                bool has_budget);

/// The most states that are made along the path if the running object is read.
std::size_t states_read(module_file const& from, module_file const& to, migration_path const& path);
/// The same if the running object is serialized.
std::size_t states_serialized(migration_path const& path) noexcept;

/// The refusal of a handoff.
failure handoff_refusal(std::string_view to_name, std::string_view reason, phase at);

/// Errors:   handoff_refused, with the reason.
result<void> check_handoff(module_file const& from, module_file const& to, std::string_view to_name);

}  // namespace hotswap::detail
