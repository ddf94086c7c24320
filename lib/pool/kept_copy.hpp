// Copies of files that others had changed, before a pool replaces them.
#pragma once

#include <hotswap/failure.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace hotswap::detail {

struct kept_copy {
    std::filesystem::path copy{};
    std::filesystem::path diff{};  ///< from the copy to the new content; empty if it could not be made
};

/// Copies `file` to STATE/kept/POOL/TRANSACTION, with a diff to `next`.
/// Errors:   pool_failed.
result<kept_copy> keep_copy(std::filesystem::path const& state, std::string const& pool,
                            std::uint64_t transaction, std::filesystem::path const& file,
                            std::filesystem::path const& next);

}  // namespace hotswap::detail
