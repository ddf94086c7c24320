// Which modules a host lets in.
#pragma once

#include <hotswap/detail/module/public_key.hpp>

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace hotswap {

/// What is asked of a module's file, in addition to being a module. docs/security.md says which attack each part stops.
struct module_policy {
    bool require_seal = false;  ///< refuse modules that were never sealed; a broken seal is always refused
    std::vector<public_key> trusted_keys{};  ///< if any: take only modules that one of them has signed
    bool check_ownership =
        true;  ///< refuse files and directories that others than the host's user or root can change
    std::filesystem::path
        directory{};  ///< if any: a symbolic link below it may lead only to what is below it too
    /// Groups whose members may write what `check_ownership` looks at: the fsGroup of a Kubernetes volume, for instance.
    std::vector<gid_t> trusted_groups{};
};

}  // namespace hotswap
