#include "module/library_search.hpp"

#include "module/file_io.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr char linkers_cache[] = "/etc/ld.so.cache";
constexpr off_t largest_read = 64 << 20;  // of a larger file only the place is known

/// The entries of `paths` that can be resolved here: absolute ones, and those relative to `origin`.
std::vector<std::string> known_places(std::vector<std::string_view> const& paths, fs::path const& origin) {
    std::vector<std::string> places;
    for (std::string_view path : paths) {
        std::string place(path);
        for (std::string_view const variable : {"$ORIGIN", "${ORIGIN}"})
            if (place.starts_with(variable) && !origin.empty())
                place = origin.string() + place.substr(variable.size());
        if (place.starts_with('/') && place.find('$') == place.npos) places.push_back(std::move(place));
    }
    return places;
}

/// The directories that the linker searches for an object without paths of its own.
std::vector<std::string> places_for_all() {
    void* const handle = dlopen("libc.so.6", RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
    std::vector<std::string> places;
    Dl_serinfo size{};
    if (handle == nullptr) {
        dlerror();
        return places;
    }
    if (dlinfo(handle, RTLD_DI_SERINFOSIZE, &size) == 0) {
        std::vector<std::uint64_t> memory(size.dls_size / sizeof(std::uint64_t) + 1);
        auto* const all = reinterpret_cast<Dl_serinfo*>(memory.data());
        all->dls_size = size.dls_size;
        all->dls_cnt = size.dls_cnt;
        if (dlinfo(handle, RTLD_DI_SERINFO, all) == 0)
            for (unsigned i = 0; i != all->dls_cnt; ++i)
                if (all->dls_serpath[i].dls_name[0] == '/') places.emplace_back(all->dls_serpath[i].dls_name);
    }
    dlclose(handle);
    return places;
}

std::optional<library_file> open_library(fs::path const& path) {
    // As the linker: follows a link, and skips a file that is not a library for this machine.
    file_descriptor const file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat found {};
    if (!file || fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
    library_file made;
    made.path = path;
    made.device = found.st_dev;
    made.inode = found.st_ino;
    if (found.st_size > largest_read) return made;
    auto content = read_opened(file, path, [](struct stat const&) -> hotswap::result<void> { return {}; });
    if (!content) return std::nullopt;
    made.bytes = std::make_shared<std::vector<std::byte> const>(std::move(*content));
    made.path_text = std::make_shared<std::string const>(path.string());
    if (auto read = elf_image::read(*made.bytes, *made.path_text))
        made.image.emplace(std::move(*read));
    else if (read.error().code == errc::not_elf || read.error().code == errc::wrong_architecture)
        return std::nullopt;
    return made;
}

std::optional<library_file> find_in(std::vector<std::string> const& places, std::string_view name) {
    for (auto const& place : places)
        if (auto found = open_library(fs::path(place) / name)) return found;
    return std::nullopt;
}

}  // namespace

search_order search_order::of(elf_image const& object, fs::path const& origin) {
    auto places = known_places(object.used_search_paths(), origin);
    return object.has_run_path() ? search_order{{}, std::move(places)} : search_order{std::move(places), {}};
}

// The linker's own list holds LD_LIBRARY_PATH as it was when the process began, and after it the system's
// directories.
void library_search::read_system_paths() {
    if (std::exchange(is_ready_, true)) return;
    variable_ = places_for_all();
    auto const of_the_system = [](std::string const& place) {
        return place.starts_with("/lib") || place.starts_with("/usr/lib");
    };
    auto begin = variable_.end();
    while (begin != variable_.begin() && of_the_system(*std::prev(begin))) --begin;
    directories_.assign(begin, variable_.end());
    variable_.erase(begin, variable_.end());
}

// The cache, /etc/ld.so.cache, as glibc 2.2 and later write it.
std::vector<fs::path> library_search::cached(std::string_view name) {
    struct header {
        char magic[20];
        std::uint32_t count, text_size;
        std::uint32_t unused[5];
    };
    struct entry {
        std::int32_t flags;
        std::uint32_t key, value, os_version;
        std::uint64_t hardware;
    };
    static_assert(sizeof(header) == 48 && sizeof(entry) == 24);
    std::vector<fs::path> found;
    if (!cache_) {
        auto content = read_regular_file(linkers_cache);
        cache_ = content ? std::move(*content) : std::vector<std::byte>{};
    }
    std::span<std::byte const> const all(*cache_);
    if (all.size() < sizeof(header)) return found;
    auto const head = copy_at<header>(all, 0);
    if (std::memcmp(head.magic, "glibc-ld.so.cache1.1", sizeof head.magic) != 0) return found;
    extent const whole{0, all.size()};
    if (!lies_within({sizeof head, std::uint64_t{head.count} * sizeof(entry)}, whole)) return found;
    auto const text_at = [&all](std::uint32_t at) {
        std::string_view const rest(reinterpret_cast<char const*>(all.data()), all.size());
        auto const text = at < rest.size() ? rest.substr(at) : std::string_view{};
        return text.substr(0, text.find('\0'));
    };
    for (std::uint64_t i = 0; i != head.count; ++i) {
        auto const each = copy_at<entry>(all, sizeof head + i * sizeof(entry));
        if (text_at(each.key) == name) found.emplace_back(text_at(each.value));
    }
    return found;
}

std::optional<library_file> library_search::find(std::string_view name, search_order const& order) {
    read_system_paths();
    auto own = find_in(order.first, name);
    if (!own) {
        if (auto found = find_in(variable_, name)) return found;
        own = find_in(order.then, name);
    }
    if (own) {
        own->by_own_path = true;
        return own;
    }
    for (auto const& path : cached(name))
        if (auto found = open_library(path)) return found;
    return find_in(directories_, name);
}

}  // namespace hotswap::detail
