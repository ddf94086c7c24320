// The signature of a manifest and its files: index.json.sig, Ed25519 over the digests of all of them.
#pragma once

#include "pool/source_tree.hpp"

#include <hotswap/detail/module/public_key.hpp>
#include <hotswap/failure.hpp>

#include <filesystem>
#include <vector>

namespace hotswap::detail {

std::filesystem::path signature_of(std::filesystem::path const& directory);

/// Checks that one of the keys has signed exactly these files.
/// Errors:   pool_refused: there is no signature, it is of another key, or files are not as they were signed, each named.
result<void> check_tree_signature(std::filesystem::path const& directory, source_tree const& tree,
                                  std::vector<public_key> const& trusted);

}  // namespace hotswap::detail
