// Saved states as JSON.
#pragma once

#include "programs/hotswap/session.hpp"

#include <filesystem>

namespace hotswap::cli {

/// Shows the state of a file by the layout that `module` has of it; nothing of the module runs.
exit_code show_state(session& with, std::filesystem::path const& frame, std::filesystem::path const& module);

/// Shows where two states differ; exit status 2 if they do.
exit_code diff_states(session& with, std::filesystem::path const& from, std::filesystem::path const& to,
                      std::filesystem::path const& module);

}  // namespace hotswap::cli
