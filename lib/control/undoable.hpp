// The operations on the runtime, each with what undoes it once it has committed.
#pragma once

#include "control/operation_book.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/report.hpp>
#include <hotswap/runtime.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

component_set set_of(std::vector<std::string> const& names);

/// The end of an operation that has changed nothing.
operation_end refused(failure why);

/// The end of a swap or a revert. It is undone by a revert, as long as the generations that it brought run.
operation_end ended(result<set_report> const& done);

/// Puts a frame under a component. It is undone by restoring the state that it replaced, as long as the generation that it brought runs:
/// what was written in between is lost.
operation_end restore_undoably(runtime& of, std::string const& name, std::span<std::byte const> frame,
                               restore_options options);

/// Changes settings. It is undone by the values before, as long as each still has the value that it was given.
operation_end configure_undoably(runtime& of, std::string const& name, settings const& changes,
                                 configure_options const& options);

/// Loads a component. It is undone by an unload, as long as that generation runs.
operation_end load_undoably(runtime& of, std::string const& name, load_options const& options);

/// Unloads a component, which nothing undoes.
operation_end unload_for_good(runtime& of, std::string_view name, unload_options const& options);

/// Undoes an operation that has committed, because an abort came before its end was noted; `how`: its end.
operation_end undone_after_all(runtime& of, operation_end how);

}  // namespace hotswap::detail
