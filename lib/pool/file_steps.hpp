// The steps on files of which a pool consists. None of them writes to a file in its place: a new file is made next to it, is on disk, and
// then takes its name.
#pragma once

#include "pool/file_image.hpp"

#include <hotswap/failure.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Makes `to` with the content of the regular file `from`, readable by its owner only. Shares the blocks where the file system can.
/// Errors:   pool_failed, also if `to` is there already.
result<void> copy_to_new(std::filesystem::path const& from, std::filesystem::path const& to);

/// Makes `temporary`: content from `content`, all else from `like`; a link if `like` is one.
/// `keep_time`: also the time of modification.
/// Errors:   pool_failed.
result<void> stage_file(std::filesystem::path const& content, file_image const& like,
                        std::filesystem::path const& temporary, bool keep_time);

/// Returns when the content of these files is on disk.
/// Errors:   pool_failed.
/// Cost:     for many files their file systems as a whole, which also waits for what others have written.
result<void> sync_files(std::vector<std::filesystem::path> const& files);

/// Gives `temporary` the name `destination`; what had it is gone.
/// Errors:   pool_failed.
result<void> rename_file(std::filesystem::path const& temporary, std::filesystem::path const& destination);

/// Removes a file; one that is not there is no failure.
/// Errors:   pool_failed.
result<void> remove_file(std::filesystem::path const& path);

/// Returns when the names in a directory are on disk.
/// Errors:   pool_failed.
result<void> sync_directory(std::filesystem::path const& path);

/// Returns when all names and contents of the file system that holds this directory are on disk.
/// Errors:   pool_failed.
/// Cost:     waits for what others have written, too.
result<void> sync_file_system(std::filesystem::path const& path);

/// The whole content of a regular file.
/// Errors:   pool_failed: it is not there, or cannot be read.
result<std::string> read_text(std::filesystem::path const& path);

/// Makes or replaces a file of our own, whole or not at all, on disk when this returns.
/// Errors:   pool_failed.
result<void> write_record(std::filesystem::path const& path, std::string_view text);

}  // namespace hotswap::detail
