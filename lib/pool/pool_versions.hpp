// The manifests that were applied as a whole, each kept with its files.
#pragma once

#include "pool/manifest.hpp"
#include "pool/source_tree.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/pool.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Threads:  one at a time: the state directory is locked
class pool_versions {
public:
    explicit pool_versions(std::filesystem::path const& state) : place_(state / "versions") {}

    /// Keeps the manifest in `directory` as the last one that was applied; the oldest beyond `most` are removed. One that is kept already
    /// is not copied again.
    /// Errors:   pool_failed: it is not kept.
    result<void> keep(std::filesystem::path const& directory, pool_manifest const& manifest,
                      source_tree const& tree, std::size_t most) const;
    /// The last one that was applied first.
    /// Errors:   pool_failed, pool_damaged.
    result<std::vector<pool_version>> all() const;
    /// The directory of the one that `words` name; without words the last one if pools were tried `tried_last` after it, else the one before.
    /// Errors:   pool_refused: none, or more than one.
    result<std::filesystem::path> find(std::string_view words,
                                       std::chrono::system_clock::time_point tried_last) const;

private:
    result<void> remove_old(std::size_t most) const;

    std::filesystem::path const place_;
};

/// As `pool_versions::find`, by the records of the state directory.
result<std::filesystem::path> version_of(std::string_view words, std::filesystem::path const& state);

}  // namespace hotswap::detail
