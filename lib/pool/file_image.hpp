// A file as it is on disk: what a backup keeps of it besides its content.
#pragma once

#include <hotswap/failure.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace hotswap::detail {

enum class file_kind : std::uint8_t { absent, regular, link };
BOOST_DESCRIBE_ENUM(file_kind, absent, regular, link)

struct file_image {
    file_kind kind = file_kind::absent;
    std::uint32_t mode = 0;  ///< permissions, with set-user-ID and the like
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
    std::int64_t modified_ns = 0;  ///< since 1970
    std::uint64_t size = 0;        ///< bytes
    std::string digest{};          ///< of the content; of a link that of its target's name
    std::string target{};          ///< of a link
    /// Extended attributes, access control lists and capabilities among them, as hexadecimal digits.
    std::map<std::string, std::string, std::less<>> attributes{};
};
BOOST_DESCRIBE_STRUCT(file_image, (),
                      (kind, mode, owner, group, modified_ns, size, digest, target, attributes))

/// The file at `path` as it is now.
/// Errors:   pool_refused: it is a directory, a device or the like; pool_failed: it cannot be read.
result<file_image> image_of(std::filesystem::path const& path);

/// The failure for the errno of an operation on a file.
failure file_failed(std::string_view what, std::filesystem::path const& path, int error);

}  // namespace hotswap::detail
