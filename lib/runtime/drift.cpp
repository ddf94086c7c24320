#include "runtime/drift.hpp"

#include <hotswap/inspect.hpp>

namespace hotswap::detail {

component_drift drift_of(slot const& of, host_store& stored, module_locator& modules, step_recorder& steps) {
    auto const running = of.running().info();
    component_drift all{.name = of.name(), .running = {running.release, running.digest}};
    if (stored.durability() != nullptr) {
        auto const set = stored.files().current();
        if (auto const* const entry = set.find(of.name()); entry != nullptr && entry->unloaded == 0)
            all.stored = {entry->release, entry->digest};
        all.stored_differs = all.stored != all.running;
    }
    auto const chosen = modules.find_next(of, {}, steps);
    if (!chosen) {
        all.no_newest = chosen.error().message;
        return all;
    }
    auto const said = inspect(chosen->file);
    if (!said) {
        all.no_newest = said.error().message;
        return all;
    }
    all.newest = {said->release, said->digest, chosen->file};
    all.newest_differs = all.newest != all.running;
    return all;
}

}  // namespace hotswap::detail
