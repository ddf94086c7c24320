#include "module/seal_file.hpp"

#include "base/refuse.hpp"
#include "module/descriptor_note.hpp"
#include "module/digest.hpp"
#include "module/file_io.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace hotswap::detail {

result<void> seal_file(std::filesystem::path const& file) {
    auto content = read_regular_file(file);
    if (!content) return content.error();
    auto const name = file.filename().string();
    auto const image = elf_image::read(*content, name);
    if (!image) return as_failure(image.error(), phase::verify);
    if (auto const said = read_descriptor(*image, name, false); !said)
        return as_failure(said.error(), phase::verify);
    auto const place = seal_in(*image);
    auto const seal = digest_around(*content, place);
    if (std::memcmp(place.data(), seal.data(), seal.size()) == 0) return {};
    std::memcpy(content->data() + (place.data() - content->data()), seal.data(), seal.size());
    struct stat found {};
    int const error =
        stat(file.c_str(), &found) != 0 ? errno : replace_file(file, *content, found.st_mode & 07777u);
    if (error == 0) return {};
    return refuse(errc::staging_failed, phase::none,
                  "{} cannot be replaced by its sealed form ({}); make it writable", file.string(),
                  std::generic_category().message(error));
}

}  // namespace hotswap::detail
