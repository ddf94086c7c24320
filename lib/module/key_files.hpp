// The files of keys, and signatures next to modules.
#pragma once

#include "module/signature.hpp"

#include <hotswap/failure.hpp>

#include <filesystem>

namespace hotswap::detail {

/// Makes a key: hotswap.key (0600), which signs, and hotswap.pub in the directory, which is made if it is not there.
/// Errors:   invalid_argument: there is a key, and not `replaces`; control_failed: a file cannot be written.
result<public_key> make_key_files(std::filesystem::path const& directory, bool replaces);

/// Reads a secret key.
/// Errors:   no_such_file; invalid_argument: a public key, or no key; untrusted_path: others can read or change it.
result<secret_key> read_secret_key(std::filesystem::path const& file);

/// Writes MODULE.sig next to a module that a runtime would load.
/// Errors:   those of the module; control_failed: the file cannot be written.
result<signature> sign_module(std::filesystem::path const& module, secret_key const& key);

}  // namespace hotswap::detail
