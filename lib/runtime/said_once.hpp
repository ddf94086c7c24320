// What is said the first time only.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace hotswap::detail {

/// Remembers texts.
/// Threads:  [any]
class said_once {
public:
    /// Whether this is the first time for the text.
    /// Errors:   throws std::bad_alloc.
    bool is_new(std::string text) {
        std::lock_guard const lock(mutex_);
        return said_.insert(std::move(text)).second;
    }

private:
    std::mutex mutex_;
    std::set<std::string> said_;  // guarded by mutex_
};

}  // namespace hotswap::detail
