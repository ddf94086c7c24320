// Tells the first time of a text from later ones, to report it once.
#pragma once

#include <hotswap/detail/base/mutex.hpp>

#include <set>
#include <string>
#include <utility>

namespace hotswap::detail {

/// Remembers the texts that it has seen.
/// Threads:  [any]
class said_once {
public:
    /// Whether this is the first time for the text.
    /// Errors:   throws std::bad_alloc.
    bool is_new(std::string text) {
        mutex_lock const lock(mutex_);
        return said_.insert(std::move(text)).second;
    }

private:
    mutex mutex_;
    std::set<std::string> said_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
