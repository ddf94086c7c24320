#include "module/brought_libraries.hpp"

#include "module/left_behind.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <iterator>

namespace hotswap::detail {

namespace {

using objects = std::vector<linked_object const*>;

bool holds(objects const& all, linked_object const& wanted) {
    return std::any_of(all.begin(), all.end(),
                       [&wanted](linked_object const* each) { return each->base == wanted.base; });
}

/// Of `needed`, the objects that were not there before the module.
objects new_among(objects const& needed, linked_objects const& now, link_snapshot const& before) {
    // If something was unloaded meanwhile, what was there before may have gone and come back. What the program itself
    // needs has not.
    auto there = before.bases;
    if (before.counts.unloaded != now.counts.unloaded) {
        there.clear();
        for (linked_object const* each : now.needed_by(now.all.front())) there.push_back(each->base);
    }
    objects fresh;
    std::copy_if(needed.begin() + 1, needed.end(), std::back_inserter(fresh),
                 [&there](linked_object const* each) {
                     return std::find(there.begin(), there.end(), each->base) == there.end();
                 });
    return fresh;
}

/// Those of `needed` that may have something in the process that outlives the module: by what they import, or because they
/// hand functions to a library that may.
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

}  // namespace

kept_libraries keep_what_came_with(void* handle, link_snapshot const& before) {
    kept_libraries kept;
    if (link_counts::now().loaded == before.counts.loaded + 1) return kept;  // only the module itself
    auto const now = linked_objects::now();
    auto const* const module = now.of(handle);
    if (module == nullptr) return kept;
    auto const needed = now.needed_by(*module);
    auto const fresh = new_among(needed, now, before);
    if (fresh.empty()) return kept;
    auto const unsafe = unsafe_among(needed);
    for (linked_object const* each : fresh) {
        if (!holds(unsafe, *each)) continue;
        if (keep(each->path.c_str()))
            kept.names.emplace_back(each->name());
        else
            kept.not_kept = each->name();
    }
    return kept;
}

bool keep_for_good(void* handle) noexcept {
    link_map* map = nullptr;
    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && keep(map->l_name);
}

}  // namespace hotswap::detail
