// Everything that would make a pool fail half way is looked for before anything is touched.
#pragma once

#include "pool/manifest.hpp"
#include "pool/pool_book.hpp"
#include "pool/source_tree.hpp"

#include <hotswap/failure.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hotswap::detail {

/// A file of a manifest, together with what is on disk.
struct looked_at_file {
    manifest_file const* of = nullptr;
    std::filesystem::path source{};  ///< the target, complete
    std::string digest{};            ///< of the source
    std::uint64_t size = 0;
    std::string warning{};  ///< empty: none
};

struct found_pool {
    manifest_pool const* of = nullptr;
    std::vector<looked_at_file> files{};
};

/// Looks at all sources and destinations of a manifest in `directory`, whose files are `tree`.
/// Errors:   pool_refused, with a line for each fault: a source that is not there or leaves src/, a destination that cannot be replaced, a
///           directory that others can write, no space.
result<std::vector<found_pool>> look_at(pool_manifest const& manifest, std::filesystem::path const& directory,
                                        source_tree const& tree, std::filesystem::path const& state);

/// The directories that have to be made for a file, outermost first.
std::vector<std::string> missing_directories(std::filesystem::path const& of);

}  // namespace hotswap::detail
