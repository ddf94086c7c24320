#include "module/linked_object.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <span>
#include <utility>

namespace hotswap::detail {

namespace {

/// The dynamic section of an object in memory. The linker has made its pointers absolute, unless the section
/// cannot be written.
class dynamic_section {
public:
    dynamic_section(ElfW(Dyn) const* entries, std::uintptr_t base) noexcept
        : entries_(entries), base_(base) {}

    std::uintptr_t value(ElfW(Sxword) tag) const noexcept {
        for (auto const* each = entries_; each != nullptr && each->d_tag != DT_NULL; ++each)
            if (each->d_tag == tag) return each->d_un.d_val;
        return 0;
    }
    template <class T>
    T const* table(ElfW(Sxword) tag) const noexcept {
        auto const at = value(tag);
        return reinterpret_cast<T const*>(at != 0 && at < base_ ? at + base_ : at);
    }
    std::span<ElfW(Rela) const> relocations(ElfW(Sxword) where, ElfW(Sxword) size) const noexcept {
        auto const* const first = table<ElfW(Rela)>(where);
        return {first, first == nullptr ? 0 : value(size) / sizeof(ElfW(Rela))};
    }
    template <class F>
    void each_needed(F take) const {
        auto const* const text = table<char>(DT_STRTAB);
        for (auto const* each = entries_; text != nullptr && each->d_tag != DT_NULL; ++each)
            if (each->d_tag == DT_NEEDED) take(text + each->d_un.d_val);
    }

private:
    ElfW(Dyn) const* entries_;
    std::uintptr_t base_;
};

linked_object describe(dl_phdr_info const& info) {
    linked_object object;
    object.path = info.dlpi_name == nullptr ? "" : info.dlpi_name;
    object.base = info.dlpi_addr;
    object.begin = UINTPTR_MAX;
    for (auto const& each : std::span(info.dlpi_phdr, info.dlpi_phnum)) {
        if (each.p_type == PT_DYNAMIC)
            object.dynamic = reinterpret_cast<ElfW(Dyn) const*>(info.dlpi_addr + each.p_vaddr);
        if (each.p_type != PT_LOAD) continue;
        object.begin = std::min<std::uintptr_t>(object.begin, info.dlpi_addr + each.p_vaddr);
        object.end = std::max<std::uintptr_t>(object.end, info.dlpi_addr + each.p_vaddr + each.p_memsz);
    }
    // The kernel's own object is not a file, needs nothing, and the linker does not change its dynamic
    // section.
    if (object.dynamic == nullptr || object.path.starts_with("linux-")) return object;
    dynamic_section const dynamic(object.dynamic, object.base);
    dynamic.each_needed([&object](char const* library) { object.needed.emplace_back(library); });
    auto const* const text = dynamic.table<char>(DT_STRTAB);
    if (auto const at = dynamic.value(DT_SONAME); at != 0 && text != nullptr) object.soname = text + at;
    return object;
}

struct collected {
    std::vector<linked_object> found{};
    std::exception_ptr failure{};
};

// No exception may pass through the linker, which holds its lock.
int collect(dl_phdr_info* info, std::size_t, void* self) noexcept {
    auto& into = *static_cast<collected*>(self);
    try {
        into.found.push_back(describe(*info));
        return 0;
    } catch (...) {
        into.failure = std::current_exception();
        return 1;
    }
}

}  // namespace

std::string_view linked_object::name() const noexcept {
    std::string_view const whole = path;
    return whole.substr(whole.rfind('/') + 1);
}

bool linked_object::is_called(std::string_view library) const noexcept {
    return library == soname || library == path || library == name();
}

linked_objects linked_objects::now() {
    collected into;
    dl_iterate_phdr(&collect, &into);
    if (into.failure) std::rethrow_exception(into.failure);
    return {std::move(into.found)};
}

linked_object const* linked_objects::of(void* handle) const noexcept {
    link_map* map = nullptr;
    if (handle == nullptr || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) return nullptr;
    auto const found = std::find_if(all.begin(), all.end(), [map](linked_object const& each) {
        return each.dynamic != nullptr && each.dynamic == map->l_ld;
    });
    return found == all.end() ? nullptr : &*found;
}

std::vector<linked_object const*> linked_objects::needed_by(linked_object const& root) const {
    std::vector<linked_object const*> found{&root};
    for (std::size_t i = 0; i != found.size(); ++i)
        for (std::string const& library : found[i]->needed)
            for (linked_object const& each : all)
                if (each.is_called(library) && std::find(found.begin(), found.end(), &each) == found.end())
                    found.push_back(&each);
    return found;
}

bool any_import(linked_object const& object, bool (*look)(std::string_view symbol) noexcept) noexcept {
    if (object.dynamic == nullptr) return false;
    dynamic_section const dynamic(object.dynamic, object.base);
    auto const* const symbols = dynamic.table<ElfW(Sym)>(DT_SYMTAB);
    auto const* const text = dynamic.table<char>(DT_STRTAB);
    if (symbols == nullptr || text == nullptr) return false;
    auto const is_met = [&](ElfW(Rela) const& each) {
        // Valid for the machines whose objects hotswap reads: 64 bits, relocations with an addend.
        auto const index = ELF64_R_SYM(each.r_info);
        return index != 0 && symbols[index].st_shndx == SHN_UNDEF && look(text + symbols[index].st_name);
    };
    auto const calls = dynamic.relocations(DT_JMPREL, DT_PLTRELSZ);
    auto const others = dynamic.relocations(DT_RELA, DT_RELASZ);
    return std::any_of(calls.begin(), calls.end(), is_met) ||
           std::any_of(others.begin(), others.end(), is_met);
}

bool needs_only_the_system(void* handle) noexcept {
    link_map* map = nullptr;
    if (handle == nullptr || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) return false;
    bool only = true;
    dynamic_section(map->l_ld, map->l_addr).each_needed([&only](char const* library) {
        only = only && is_of_the_system(library);
    });
    return only;
}

bool is_of_the_system(std::string_view library) noexcept {
    static constexpr std::array<std::string_view, 14> names{
        "libc.so",  "libm.so",  "libmvec.so", "libstdc++.so", "libgcc_s.so", "libatomic.so", "libpthread.so",
        "libdl.so", "librt.so", "ld-linux",   "linux-vdso",   "libasan.so",  "libtsan.so",   "libubsan.so"};
    return std::any_of(names.begin(), names.end(),
                       [library](std::string_view each) { return library.starts_with(each); });
}

}  // namespace hotswap::detail
