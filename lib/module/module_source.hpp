// A module's file as it is taken in: its bytes and its signature, from where no other user could change them.
#pragma once

#include "module/file_io.hpp"

#include <hotswap/detail/module/policy.hpp>
#include <hotswap/failure.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotswap::detail {

/// What the name of a module's signature has after that of the module.
inline constexpr char signature_suffix[] = ".sig";

struct module_source {
    std::vector<std::byte> bytes;
    std::optional<std::string>
        signature;             ///< the file next to it, if there is one and the policy asks for it
    file_descriptor file{-1};  ///< that the bytes were read from, if it is to be held
};

/// Reads a module from the very descriptors on which owner and mode were checked.
/// Errors:   no_such_file, not_regular_file, staging_failed if it cannot be read; untrusted_path.
result<module_source> read_module(std::filesystem::path const& file, module_policy const& policy);

/// Which other users could put a file of their own into the directory, in words; nothing if none could. A directory that is not
/// there is judged by the one in which it would be made.
/// `on_the_way`: as one in which something is only to be made, so that a sticky one (/tmp) is fine.
std::optional<std::string> who_can_fill(std::filesystem::path const& directory, bool on_the_way = false,
                                        module_policy const& policy = {});

}  // namespace hotswap::detail
