// The modules that a host accepts.
#pragma once

#include <hotswap/detail/module/public_key.hpp>

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace hotswap {

/// Requirements on a module's file, in addition to being a module. docs/security.md names the attack that
/// each part stops.
struct module_policy {
    bool require_seal = false;  ///< refuse modules that were never sealed; a broken seal is always refused
    std::vector<public_key> trusted_keys{};  ///< if any: accept only modules that one of them has signed
    /// Refuse files and directories that users other than the host's user and root can change.
    bool check_ownership = true;
    /// If any: a symbolic link below it may lead only to a target that is also below it.
    std::filesystem::path directory{};
    /// Groups whose members may write the files and directories of `check_ownership`: the fsGroup of a
    /// Kubernetes volume, for instance.
    std::vector<gid_t> trusted_groups{};
};

}  // namespace hotswap
