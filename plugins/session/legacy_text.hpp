// Sessions from before hotswap, as a text file.
#pragma once

#include "session/states/v0.hpp"

#include <cstddef>
#include <span>

namespace hotswap::plugins {

/// Reads an export of sessions: one a line, three fields with a tab between them:
///
///     token <TAB> user <TAB> expires
///
/// `expires` is in whole seconds since the Unix epoch. Empty lines and those beginning with `#` are skipped.
/// A line may end in CR LF. Token and user are not empty; no token begins with `sha256:` or comes twice.
/// Errors:   throws std::runtime_error that names the line and its error.
session_states::v0::state read_legacy_text(std::span<std::byte const> text);

}  // namespace hotswap::plugins
