// Tries a module on a frame, in a process of its own, without a host.
#pragma once

#include "module/module_file.hpp"
#include "transfer/migration_path.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/failure.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace hotswap::detail {

/// Reads and judges a module as its build left it, of any owner.
/// Errors:   those of `verify_module`.
result<module_file> read_module_to_try(std::filesystem::path const& file);

/// Has the helper read the state of the file `frame`, migrate and validate it, construct the component, ask for its health, write
/// the state and destroy everything. Returns the versions that the state went through; `log` gets the component's lines.
/// Errors:   bad_snapshot, schema_mismatch, layout_changed, no_migration_path, rehearsal_failed, no_rehearsal, and those of the
///           module's code; each names the frame.
result<migration_path> try_frame(std::filesystem::path const& module_path, module_file const& module,
                                 std::filesystem::path const& helper, std::filesystem::path const& frame,
                                 arguments const& given, settings const& with, std::vector<std::string>& log);

}  // namespace hotswap::detail
