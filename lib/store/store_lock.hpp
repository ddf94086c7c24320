// The lock that keeps a second host, or a second runtime of the same host, from using the store.
#pragma once

#include <hotswap/failure.hpp>

#include "module/file_io.hpp"
#include "store/directory.hpp"

namespace hotswap::detail {

/// Held until it is destroyed, or its process ends in any way.
class store_lock {
public:
    /// Errors:   store_locked, with the holder; store_full, store_read_only, store_failed.
    static result<store_lock> take(directory const& store);

private:
    explicit store_lock(file_descriptor fd) : fd_(std::move(fd)) {}
    file_descriptor fd_;
};

}  // namespace hotswap::detail
