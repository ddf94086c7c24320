#include "runtime/registry.hpp"

#include "base/refuse.hpp"

#include <algorithm>
#include <utility>

namespace hotswap::detail {

result<void> registry::reserve(std::shared_ptr<slot> made) {
    mutex_lock const lock(mutex_);
    std::string name = made->name();
    pinned_.reserve(pinned_.size() + entries_.size() + 1);  // so that `remove` needs no memory
    if (entries_.try_emplace(name, entry{std::move(made), false, ++loads_}).second) return {};
    return refuse(
        errc::already_loaded, phase::none,
        "a component of that name is loaded already; use find() for a handle, swap() for another release, or "
        "load it under another name");
}

void registry::announce(std::string_view name) noexcept {
    mutex_lock const lock(mutex_);
    if (auto const found = entries_.find(name); found != entries_.end()) found->second.announced = true;
}

void registry::remove(std::string_view name) noexcept {
    std::shared_ptr<slot> last;  // its destructor runs a module's code, so not under the lock
    mutex_lock const lock(mutex_);
    if (auto const found = entries_.find(name); found != entries_.end()) {
        last = std::move(found->second.slot);
        if (last->has_pins()) pinned_.push_back(last);
        entries_.erase(found);
    }
}

// Destroys slots outside the lock: the code of their modules may ask the host for a neighbour.
bool registry::sweep_removed() {
    std::vector<std::shared_ptr<slot>> looked_at;
    {
        mutex_lock const lock(mutex_);
        looked_at = pinned_;
    }
    for (auto const& each : looked_at) each->sweep_retained();
    std::vector<std::shared_ptr<slot>> free;
    free.reserve(looked_at.size());
    mutex_lock const lock(mutex_);
    std::erase_if(pinned_, [&](auto& removed) {
        if (free.size() == free.capacity() || removed->has_pins()) return false;
        free.push_back(std::move(removed));
        return true;
    });
    return pinned_.empty();
}

result<std::shared_ptr<slot>> registry::find(std::string_view name) const {
    mutex_lock const lock(mutex_);
    if (auto const found = entries_.find(name); found != entries_.end() && found->second.announced)
        return found->second.slot;
    return refusal(name);
}

failure registry::unknown(std::string_view name) const {
    mutex_lock const lock(mutex_);
    return refusal(name);
}

failure registry::refusal(std::string_view name) const {
    std::string others;
    for (auto const& [other, e] : entries_)
        if (e.announced) others += (others.empty() ? "" : ", ") + other;
    auto why =
        refuse(errc::unknown_component, phase::none, "no component of that name is loaded; loaded are: {}",
               others.empty() ? "none" : others);
    why.component = name;
    return why;
}

std::vector<std::shared_ptr<slot>> registry::all() const {
    mutex_lock const lock(mutex_);
    std::vector<std::shared_ptr<slot>> found;
    for (auto const& [name, e] : entries_)
        if (e.announced) found.push_back(e.slot);
    return found;
}

std::vector<std::shared_ptr<slot>> registry::last_loaded_first() const {
    mutex_lock const lock(mutex_);
    std::vector<entry const*> announced;
    for (auto const& [name, e] : entries_)
        if (e.announced) announced.push_back(&e);
    std::sort(announced.begin(), announced.end(),
              [](auto const* a, auto const* b) { return a->order > b->order; });
    std::vector<std::shared_ptr<slot>> found;
    for (auto const* each : announced) found.push_back(each->slot);
    return found;
}

// Searches against the direction of the calls, because each slot knows its callers.
bool registry::leads_to(std::string_view from, std::string_view to) const {
    std::vector<std::string> reached{std::string(to)};
    mutex_lock const lock(mutex_);
    for (std::size_t i = 0; i != reached.size(); ++i) {
        auto const found = entries_.find(reached[i]);
        if (found == entries_.end()) continue;
        for (auto& caller : found->second.slot->referrers()->names()) {
            if (caller == from) return true;
            if (std::ranges::find(reached, caller) == reached.end()) reached.push_back(std::move(caller));
        }
    }
    return false;
}

}  // namespace hotswap::detail
