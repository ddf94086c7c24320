#include "pool/source_tree.hpp"

#include "base/refuse.hpp"
#include "module/digest.hpp"
#include "pool/file_image.hpp"

#include <span>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

result<source_tree> read_tree(fs::path const& directory) {
    source_tree made;
    auto const add = [&](fs::path const& file) -> result<void> {
        auto image = image_of(file);
        if (!image) return image.error();
        if (image->kind == file_kind::absent)
            return refuse(errc::pool_refused, phase::none, "{} is not there", file.native());
        auto digest = image->kind == file_kind::link ? "link " + image->target : std::move(image->digest);
        made.emplace(file.lexically_relative(directory).native(), std::move(digest));
        return {};
    };
    if (auto added = add(directory / "index.json"); !added) return added.error();
    std::error_code error;
    auto const src = directory / "src";
    if (!fs::is_directory(src, error)) return made;
    for (fs::recursive_directory_iterator at(src, error), end; !error && at != end; at.increment(error)) {
        if (at->is_directory(error) && !at->is_symlink(error)) continue;
        if (auto added = add(at->path()); !added) return added.error();
    }
    if (error) return file_failed("read", src, error.value());
    return made;
}

std::string digest_of_tree(source_tree const& tree) {
    std::string all;
    for (auto const& [path, digest] : tree) all += digest + ' ' + path + '\0';
    return content_digest(std::as_bytes(std::span(all)));
}

}  // namespace hotswap::detail
