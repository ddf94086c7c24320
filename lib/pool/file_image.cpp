#include "pool/file_image.hpp"

#include "base/refuse.hpp"
#include "module/digest.hpp"
#include "module/file_io.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace hotswap::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t block_size = std::size_t{256} << 10U;

// Streams it: a file may be larger than memory.
result<std::string> digest_of_file(fs::path const& path, std::uint64_t size) {
    file_descriptor const file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!file) return file_failed("open", path, errno);
    ::crypto_generichash_state hash;
    ::crypto_generichash_init(&hash, nullptr, 0, std::tuple_size_v<digest>);
    std::vector<unsigned char> block(std::min<std::uint64_t>(size + 1, block_size));
    for (;;) {
        auto const n = ::read(file.get(), block.data(), block.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return file_failed("read", path, errno);
        if (n == 0) break;
        ::crypto_generichash_update(&hash, block.data(), static_cast<std::size_t>(n));
    }
    digest made{};
    ::crypto_generichash_final(&hash, made.data(), made.size());
    return hexadecimal(made);
}

result<std::string> target_of(fs::path const& path) {
    std::array<char, 4096> target{};
    auto const size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0) return file_failed("read the link", path, errno);
    return std::string(target.data(), static_cast<std::size_t>(size));
}

result<void> read_attributes(fs::path const& path, file_image& into) {
    auto const size = ::llistxattr(path.c_str(), nullptr, 0);
    if (size < 0 && errno == ENOTSUP) return {};
    if (size < 0) return file_failed("list the attributes of", path, errno);
    std::string names(static_cast<std::size_t>(size), '\0');
    auto const filled = ::llistxattr(path.c_str(), names.data(), names.size());
    if (filled < 0) return file_failed("list the attributes of", path, errno);
    names.resize(static_cast<std::size_t>(filled));
    for (std::size_t at = 0; at < names.size(); at += std::strlen(names.c_str() + at) + 1) {
        char const* const name = names.c_str() + at;
        auto const length = ::lgetxattr(path.c_str(), name, nullptr, 0);
        if (length < 0 && errno == ENODATA) continue;
        if (length < 0) return file_failed("read the attributes of", path, errno);
        std::vector<unsigned char> value(static_cast<std::size_t>(length));
        auto const got = ::lgetxattr(path.c_str(), name, value.data(), value.size());
        if (got < 0) return file_failed("read the attributes of", path, errno);
        into.attributes[name] = hexadecimal({value.data(), static_cast<std::size_t>(got)});
    }
    return {};
}

}  // namespace

failure file_failed(std::string_view what, fs::path const& path, int error) {
    return refuse(errc::pool_failed, phase::none, "cannot {} {}: {}", what, path.native(),
                  std::strerror(error));
}

result<file_image> image_of(fs::path const& path) {
    struct ::stat found {};
    file_image made;
    if (::lstat(path.c_str(), &found) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) return made;
        return file_failed("look at", path, errno);
    }
    if (!S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode))
        return refuse(errc::pool_refused, phase::none,
                      "{} is neither a file nor a link; a pool replaces files only", path.native());
    made.kind = S_ISREG(found.st_mode) ? file_kind::regular : file_kind::link;
    made.mode = found.st_mode & 07777U;
    made.owner = found.st_uid;
    made.group = found.st_gid;
    made.modified_ns =
        static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec;
    made.size = static_cast<std::uint64_t>(found.st_size);
    if (made.kind == file_kind::link) {
        auto target = target_of(path);
        if (!target) return target.error();
        made.digest = content_digest(std::as_bytes(std::span(*target)));
        made.target = std::move(*target);
    } else {
        auto content = digest_of_file(path, made.size);
        if (!content) return content.error();
        made.digest = std::move(*content);
    }
    if (auto read = read_attributes(path, made); !read) return read.error();
    return made;
}

}  // namespace hotswap::detail
