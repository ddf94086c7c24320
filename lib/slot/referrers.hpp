// The components that hold handles to a component.
#pragma once

#include <hotswap/detail/base/mutex.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hotswap::detail {

/// The components that hold neighbours' handles to one component, each with the number of its handles.
/// Threads:  [any]
class referrers {
public:
    /// Errors:   throws std::bad_alloc.
    void add(std::string const& who) {
        mutex_lock const lock(mutex_);
        ++handles_[who];
    }
    void remove(std::string const& who) noexcept {
        mutex_lock const lock(mutex_);
        if (auto const found = handles_.find(who); found != handles_.end() && --found->second == 0)
            handles_.erase(found);
    }
    std::vector<std::string> names() const {
        mutex_lock const lock(mutex_);
        std::vector<std::string> all;
        for (auto const& each : handles_) all.push_back(each.first);
        return all;
    }

private:
    mutable mutex mutex_;
    std::map<std::string, std::uint64_t, std::less<>> handles_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
