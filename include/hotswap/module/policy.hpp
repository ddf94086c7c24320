// Which modules a host lets in.
#pragma once

#include <hotswap/module/public_key.hpp>

#include <filesystem>
#include <vector>

namespace hotswap {

/// What is asked of a module's file beside being a module. docs/security.md says which attack each part stops.
struct module_policy {
    bool require_seal = false;  ///< refuse modules that were never sealed; a broken seal is always refused
    std::vector<public_key> trusted_keys{};  ///< if any: take only modules that one of them has signed
    bool check_ownership =
        true;  ///< refuse files and directories that others than the host's user or root can change
    std::filesystem::path directory{};  ///< if any: below it no symbolic link is followed
};

}  // namespace hotswap
