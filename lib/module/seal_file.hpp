// Writes the digest of a module into the module's file, after linking.
#pragma once

#include <hotswap/failure.hpp>

#include <filesystem>

namespace hotswap::detail {

/// Seals the module, also one that is already sealed and was altered since; replaces the file, whole or not
/// at all.
/// Errors:   those of reading and judging it; staging_failed if it cannot be replaced.
result<void> seal_file(std::filesystem::path const& file);

}  // namespace hotswap::detail
