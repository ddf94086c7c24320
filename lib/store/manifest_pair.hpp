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

/// The usable content of both.
struct manifest_pair {
    manifest current{};                  ///< empty if there is none yet
    std::optional<manifest> previous{};  ///< an older one that is whole
    std::vector<std::string> notes{};    ///< the faults of the other one, in sentences
};

/// Reads both; the higher number is the newer.
/// Errors:   store_damaged: there are manifests, and none is whole; store_read_only, store_failed.
result<manifest_pair> read_manifests(directory const& in, sealer const& seals);

/// Installs `next`; the current one, if it is whole and has the number `current`, becomes the previous one.
/// Effects:  if the new name cannot be made durable, the old content is restored under it; `doubtful` is then
///           true, because a restart could find either of them, until a later call succeeds.
/// Errors:   invalid_argument; store_full, store_read_only, store_failed.
result<void> replace_manifest(directory const& in, sealer const& seals, manifest const& next,
                              std::uint64_t current, bool& doubtful);

}  // namespace hotswap::detail
