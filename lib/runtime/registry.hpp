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
    /// Takes the name for a slot that is being loaded; `find` returns the slot only once it is announced.
    /// Errors:   already_loaded.
    result<void> reserve(std::shared_ptr<slot> made);
    void announce(std::string_view name) noexcept;
    /// Forgets the name. A slot is kept while its retired code may still call the host.
    void remove(std::string_view name) noexcept;
    /// Destroys removed slots that nothing pins any more; false if others are left.
    bool sweep_removed();

    /// Errors:   unknown_component, naming the loaded ones.
    result<std::shared_ptr<slot>> find(std::string_view name) const;
    /// The failure of `find` for a name that is not loaded.
    failure unknown(std::string_view name) const;
    /// The announced slots, by name.
    std::vector<std::shared_ptr<slot>> all() const;
    /// The announced slots, the last loaded one first: the order in which they are shut down, so that the
    /// neighbours that a component found in its constructor still exist in its destructor.
    std::vector<std::shared_ptr<slot>> last_loaded_first() const;
    /// Whether a call inside `from` may reach `to`, through the handles that components hold.
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
