// A manifest's directory as a whole: index.json and all that is in src/.
#pragma once

#include <hotswap/failure.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace hotswap::detail {

/// The digests of its files, by their paths: "index.json", "src/auth.tsx". A link counts with its target's name.
using source_tree = std::map<std::string, std::string, std::less<>>;

/// Errors:   pool_refused: a file cannot be read, or is none (a device, a socket); pool_failed.
result<source_tree> read_tree(std::filesystem::path const& directory);

/// One digest of all of them.
std::string digest_of_tree(source_tree const& tree);

}  // namespace hotswap::detail
