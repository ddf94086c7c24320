// A module's file as a host reads it: its bytes and its signature, from a place where no other user could
// change them.
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

/// The suffix of a signature's file name after the module's file name.
inline constexpr char signature_suffix[] = ".sig";

struct module_source {
    std::vector<std::byte> bytes;
    /// The content of the signature file next to the module, if there is one and the policy requires it.
    std::optional<std::string> signature;
    file_descriptor file{-1};  ///< the file from which the bytes were read, if it is to be held
};

/// Reads a module through the same descriptors on which owner and mode were checked.
/// Errors:   no_such_file, not_regular_file, staging_failed if it cannot be read; untrusted_path.
result<module_source> read_module(std::filesystem::path const& file, module_policy const& policy);

/// The other users who could put a file of their own into the directory, in words; empty if none could. A
/// missing directory is judged by the directory in which it would be made.
/// `on_the_way`: the directory is only used to make something in it, so a sticky one (/tmp) is accepted.
std::optional<std::string> who_can_fill(std::filesystem::path const& directory, bool on_the_way = false,
                                        module_policy const& policy = {});

}  // namespace hotswap::detail
