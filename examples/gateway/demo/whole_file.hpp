// A file that is replaced whole or stays as it was.
#pragma once

#include <filesystem>
#include <string_view>

namespace demo {

/// Replaces the content of `file`, and makes its directory. On failure, such as a full disk, the old file stays.
/// Effects:  writes a file next to it first; a link stays a link; a device is written directly.
/// Errors:   throws std::runtime_error.
void write_whole(std::filesystem::path const& file, std::string_view text);

/// Throws what `write_whole` would throw now; leaves a file as it is.
/// Errors:   throws std::runtime_error.
void check_writable(std::filesystem::path const& file);

}  // namespace demo
