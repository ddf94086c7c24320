// The two manifests on disk: the newest and the one before. At every instant at least one of them is whole.
#pragma once

#include <hotswap/failure.hpp>

#include "store/directory.hpp"
#include "store/manifest.hpp"
#include "store/seal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hotswap::detail {

/// What is to be used of them.
struct manifest_pair {
    manifest current{};                  ///< empty if there is none yet
    std::optional<manifest> previous{};  ///< an older one that is whole
    std::vector<std::string> notes{};    ///< what is wrong with the other, in sentences
};

/// Reads both; the number decides which is the newer.
/// Errors:   store_damaged: there are some, and none is whole; store_read_only, store_failed.
result<manifest_pair> read_manifests(directory const& in, sealer const& seals);

/// Puts `next` in place; what is there now, if it is whole and has the number `current`, becomes the previous one.
/// Effects:  if the new name cannot be made durable, the old content is put back under it; which of them a restart would
///           find is `doubtful` then, until a later call succeeds.
/// Errors:   invalid_argument; store_full, store_read_only, store_failed.
result<void> replace_manifest(directory const& in, sealer const& seals, manifest const& next,
                              std::uint64_t current, bool& doubtful);

}  // namespace hotswap::detail
