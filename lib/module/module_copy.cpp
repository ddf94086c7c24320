#include "module/module_copy.hpp"

#include "base/refuse.hpp"
#include "module/digest.hpp"

namespace hotswap::detail {

namespace fs = std::filesystem;

result<module_source> module_copy::read() const {
    auto bytes = read_opened(file_, name_, [](struct stat const&) -> result<void> { return {}; });
    if (!bytes) return bytes.error();
    if (content_digest(*bytes) != digest_)
        return refuse(
            errc::damaged_module, phase::stage,
            "the private copy of {} has changed since it was read and checked: a process with this user's "
            "rights changed it; find that process, and swap() to the file itself",
            name_);
    return module_source{std::move(*bytes), signature_, file_descriptor(-1)};
}

result<std::shared_ptr<module_copy const>> hold_module(fs::path const& file, std::string name,
                                                       module_policy const& policy) {
    auto source = read_module(file, policy);
    if (!source) return source.error();
    auto digest = content_digest(source->bytes);
    return std::make_shared<module_copy const>(std::move(source->file), std::move(name), std::move(digest),
                                               source->bytes.size(), std::move(source->signature));
}

}  // namespace hotswap::detail
