// The slots of a runtime, by name.
#pragma once

#include "slot/slot.hpp"

#include <hotswap/base/result.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Threads:  [any]
class registry {
public:
    /// Takes a name for a slot that is being loaded; it is found only once it is announced.
    /// Errors:   already_loaded.
    result<void> reserve(std::shared_ptr<slot> made);
    void announce(std::string_view name) noexcept;
    void remove(std::string_view name) noexcept;

    /// Errors:   unknown_component, naming those that are there.
    result<std::shared_ptr<slot>> find(std::string_view name) const;
    /// The announced slots, by name.
    std::vector<std::shared_ptr<slot>> all() const;

private:
    struct entry {
        std::shared_ptr<detail::slot> slot;
        bool announced = false;
    };

    mutable std::mutex mutex_;
    std::map<std::string, entry, std::less<>> entries_;  // guarded by mutex_
};

}  // namespace hotswap::detail
