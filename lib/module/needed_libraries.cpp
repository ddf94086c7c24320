#include "module/needed_libraries.hpp"

#include "module/loaded_note.hpp"

#include <fmt/format.h>

#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_libraries = 256;

std::string build_id_of(linked_object const& loaded) {
    auto const id = note_in_memory(reinterpret_cast<std::uintptr_t>(loaded.dynamic), "GNU", NT_GNU_BUILD_ID);
    std::string text;
    if (id)
        for (std::byte const b : *id) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
    return text;
}

/// Whether the file is another library than `loaded`, which the linker uses under this name.
bool is_another(linked_object const& loaded, library_file const& file) {
    auto const place = file.path.parent_path().string() + "/";
    // The linker prefers a build for this machine's processor in a subfolder (glibc-hwcaps).
    if (loaded.path.starts_with(place) && loaded.path != file.path) return false;
    auto const own = file.image ? file.image->build_id() : std::string();
    auto const other = own.empty() ? std::string() : build_id_of(loaded);
    if (!own.empty() && !other.empty()) return own != other;
    struct stat found {};
    return stat(loaded.path.c_str(), &found) != 0 || found.st_dev != file.device ||
           found.st_ino != file.inode;
}

}  // namespace

needed_libraries::needed_libraries(elf_image const& module, std::string_view name, bool search)
    : search_(search) {
    // The module's private copy lies in the staging directory, which contains no libraries.
    add(module, std::string(name), search_order::of(module, {}));
    dlerror();
}

needed_libraries::~needed_libraries() {
    for (void* const handle : handles_) dlclose(handle);
    dlerror();
}

void needed_libraries::add(elf_image const& of, std::string const& by, search_order const& order) {
    for (std::string_view const name : of.needed()) {
        if (name.find('/') != name.npos) {
            are_known_ = false;
            paths_.emplace_back(name);
            continue;
        }
        bool const is_known = std::any_of(all_.begin(), all_.end(),
                                          [name](needed_library const& each) { return each.name == name; });
        if (is_known) continue;
        if (all_.size() == most_libraries) {
            are_known_ = false;
            return;
        }
        auto& wanted = all_.emplace_back(needed_library{std::string(name), by});
        look_up(wanted, order);
        if (wanted.is_loaded) continue;
        if (!wanted.file || !wanted.file->image) {
            are_known_ = false;
            continue;
        }
        for (elf_symbol const& each : wanted.file->image->symbols())
            if (each.defined && !each.hidden) brought_.insert(each.name);
        auto below = search_order::of(*wanted.file->image, wanted.file->path.parent_path());
        // The linker also searches the RPATH of the object that needs the library.
        if (!wanted.file->image->has_run_path())
            below.first.insert(below.first.end(), order.first.begin(), order.first.end());
        add(*wanted.file->image, wanted.name, below);
    }
}

void needed_libraries::look_up(needed_library& wanted, search_order const& order) {
    // Only names without a slash: opening any file that a module names could block.
    if (void* const handle = dlopen(wanted.name.c_str(), RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL)) {
        handles_.push_back(handle);
        wanted.is_loaded = true;
        if (!search_ || is_of_the_system(wanted.name)) return;
        wanted.loaded = process().of(handle);
        // Another thread may have loaded the library since the list was made: this handle keeps it loaded.
        if (wanted.loaded == nullptr) {
            are_known_ = false;
            return;
        }
        wanted.is_the_hosts = is_the_hosts(*wanted.loaded);
        if (wanted.is_the_hosts && order.empty()) return;
    }
    if (!search_) return;
    wanted.file = finder_.find(wanted.name, order);
    if (wanted.loaded != nullptr && wanted.file) wanted.is_another = is_another(*wanted.loaded, *wanted.file);
}

linked_objects const& needed_libraries::process() const {
    if (!process_) process_ = linked_objects::now();
    return *process_;
}

bool needed_libraries::is_the_hosts(linked_object const& object) {
    if (hosts_.empty()) hosts_ = process().needed_by(process().all.front());
    return std::find(hosts_.begin(), hosts_.end(), &object) != hosts_.end();
}

bool needed_libraries::defines(std::string const& symbol) const {
    dlerror();
    if (dlsym(RTLD_DEFAULT, symbol.c_str()) != nullptr || dlerror() == nullptr) return true;
    return std::any_of(handles_.begin(), handles_.end(),
                       [&symbol](void* library) {
                           return dlsym(library, symbol.c_str()) != nullptr || dlerror() == nullptr;
                       }) ||
           brought_.contains(symbol);
}

bool defines(library_file const& file, std::string_view symbol) {
    if (!file.image) return false;
    auto const symbols = file.image->symbols();
    return std::any_of(symbols.begin(), symbols.end(), [symbol](elf_symbol const& each) {
        return each.defined && !each.hidden && each.name == symbol;
    });
}

}  // namespace hotswap::detail
