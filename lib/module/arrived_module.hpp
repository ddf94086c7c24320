// Whether a file that has arrived in a watched directory is a module to swap to.
#pragma once

#include <hotswap/detail/module/policy.hpp>

#include <filesystem>
#include <string>

namespace hotswap::detail {

struct arrived_module {
    std::filesystem::path file{};
    std::string family{};  ///< by its name, or its component
    std::string release{};
    std::string digest{};
    std::string ignored{};   ///< why it is none; empty: it is one
    bool is_module = false;  ///< whether its name ends with .so: others are not worth a word
};

/// A module that would be loaded by this policy, and is sealed: so it is whole.
arrived_module judge_arrival(std::filesystem::path const& file, module_policy policy, bool as_host);

}  // namespace hotswap::detail
