// Possible places of the directories for private copies.
#pragma once

#include <hotswap/detail/module/policy.hpp>
#include <hotswap/failure.hpp>

#include <filesystem>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// A directory that the processes of one user share for staging.
struct staging_base {
    enum class place {
        named,         ///< by the host
        in_session,    ///< below $XDG_RUNTIME_DIR, if that belongs to this user
        in_temporary,  ///< named after the user
        unguessable    ///< the same with a random suffix: used if another user has taken the plain name
    };
    std::filesystem::path path{};
    place where = place::named;
};

/// The bases to try, in this order: `wanted` alone; if that is empty, hotswap below $XDG_RUNTIME_DIR (if it
/// is set), then hotswap-UID and hotswap-UID-XXXXXX, both in the temporary directory, then in /tmp.
std::vector<staging_base> staging_bases(std::filesystem::path const& wanted);

/// Makes the directory, unless it exists, and returns its path.
/// Effects:  makes nothing where another user could exchange it, nor in another user's $XDG_RUNTIME_DIR.
/// Errors:   staging_failed.
result<std::filesystem::path> open_base(staging_base const& base, module_policy const& policy);

/// The refusal for a directory at `where`.
failure cannot_stage(std::filesystem::path const& where, std::string_view what, int error);

}  // namespace hotswap::detail
