#include "module/brought_libraries.hpp"

#include "module/left_behind.hpp"

#include <hotswap/detail/base/mutex.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>

namespace hotswap::detail {

namespace {

using objects = std::vector<linked_object const*>;

bool holds(objects const& all, linked_object const& wanted) {
    return std::any_of(all.begin(), all.end(),
                       [&wanted](linked_object const* each) { return each->base == wanted.base; });
}

/// The libraries of `needed` that the program itself does not need: their last holder may be the module, or a
/// library that the host opens and closes.
objects not_of_the_program(objects const& needed, linked_objects const& now) {
    auto const of_program = now.needed_by(now.all.front());
    objects others;
    std::copy_if(needed.begin() + 1, needed.end(), std::back_inserter(others),
                 [&of_program](linked_object const* each) { return !holds(of_program, *each); });
    return others;
}

/// The libraries of `needed` that may leave something in the process after the module is gone: because of
/// their imports, or because they pass functions to a library that may.
objects unsafe_among(objects const& needed) {
    objects unsafe;
    std::copy_if(needed.begin() + 1, needed.end(), std::back_inserter(unsafe),
                 [](linked_object const* each) { return any_import(*each, &may_leave_something); });
    auto const uses_unsafe = [&unsafe](linked_object const& object) {
        return std::any_of(object.needed.begin(), object.needed.end(), [&unsafe](std::string const& library) {
            return !is_of_the_system(library) &&
                   std::any_of(unsafe.begin(), unsafe.end(),
                               [&library](linked_object const* each) { return each->is_called(library); });
        });
    };
    for (bool grew = true; grew;) {
        grew = false;
        for (auto each = needed.begin() + 1; each != needed.end(); ++each) {
            if (holds(unsafe, **each) || !uses_unsafe(**each)) continue;
            unsafe.push_back(*each);
            grew = true;
        }
    }
    return unsafe;
}

bool keep(char const* path) noexcept {
    void* const handle = dlopen(path, RTLD_NOLOAD | RTLD_NODELETE | RTLD_LAZY);
    if (handle == nullptr) {
        dlerror();
        return false;
    }
    dlclose(handle);
    return true;
}

/// The objects that stay for good, by address, so that each is examined once.
class kept_for_good {
public:
    bool has(linked_object const& object) {
        mutex_lock const lock(mutex_);
        return bases_.contains(object.base);
    }
    /// False if the object was already there.
    bool add(linked_object const& object) {
        mutex_lock const lock(mutex_);
        return bases_.insert(object.base).second;
    }

private:
    mutex mutex_;
    std::set<std::uintptr_t> bases_ HOTSWAP_GUARDED_BY(mutex_);
};

kept_for_good& all_kept() {
    static kept_for_good all;
    return all;
}

}  // namespace

kept_libraries keep_libraries_of(void* handle) {
    kept_libraries kept;
    if (needs_only_the_system(handle)) return kept;  // most modules: no allocation that could fail
    auto const now = linked_objects::now();
    auto const* const module = now.of(handle);
    if (module == nullptr) return kept;
    auto const needed = now.needed_by(*module);
    auto others = not_of_the_program(needed, now);
    std::erase_if(others, [](linked_object const* each) { return all_kept().has(*each); });
    if (others.empty()) return kept;
    auto const unsafe = unsafe_among(needed);
    for (linked_object const* each : others) {
        if (!holds(unsafe, *each)) continue;
        if (!keep(each->path.c_str()))
            kept.not_kept = each->name();
        else if (all_kept().add(*each))
            kept.names.emplace_back(each->name());
    }
    return kept;
}

bool keep_for_good(void* handle) noexcept {
    link_map* map = nullptr;
    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && keep(map->l_name);
}

}  // namespace hotswap::detail
