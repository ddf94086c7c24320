// The slots of a runtime, by name.
#pragma once

#include "slot/slot.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/failure.hpp>

#include <cstdint>
#include <map>
#include <memory>
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
    /// Forgets the name. A slot whose retired code may still call the host is kept until it cannot.
    void remove(std::string_view name) noexcept;
    /// Lets go of removed slots that nothing pins any more; false if there are others.
    bool sweep_removed();

    /// Errors:   unknown_component, naming those that are there.
    result<std::shared_ptr<slot>> find(std::string_view name) const;
    /// What `find` says of a name that is not there.
    failure unknown(std::string_view name) const;
    /// The announced slots, by name.
    std::vector<std::shared_ptr<slot>> all() const;
    /// The announced slots, the one that was loaded last first: the order in which they are shut down, so that what a
    /// component found when it was constructed is still there when it is destroyed.
    std::vector<std::shared_ptr<slot>> last_loaded_first() const;
    /// Whether a call that is inside `from` may come to `to`, by the handles that components hold to others.
    bool leads_to(std::string_view from, std::string_view to) const;

private:
    struct entry {
        std::shared_ptr<detail::slot> slot;
        bool announced = false;
        std::uint64_t order = 0;  ///< of loading
    };

    failure refusal(std::string_view name) const HOTSWAP_REQUIRES(mutex_);

    mutable mutex mutex_;
    std::map<std::string, entry, std::less<>> entries_ HOTSWAP_GUARDED_BY(mutex_);
    std::vector<std::shared_ptr<slot>> pinned_ HOTSWAP_GUARDED_BY(mutex_);
    std::uint64_t loads_ HOTSWAP_GUARDED_BY(mutex_) = 0;
};

}  // namespace hotswap::detail
