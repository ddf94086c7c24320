// Guards the settings in a state: every call reads them, and hardly ever does one change them.
#pragma once

#include "shared/striped.hpp"

#include <array>
#include <cstddef>
#include <mutex>
#include <shared_mutex>

namespace hotswap::plugins {

/// A reader takes the lock of its thread's stripe, so that readers do not wait for each other's cache
/// lines; a writer takes all of them.
/// Threads:  [any]
class settings_lock {
public:
    [[nodiscard]] std::shared_lock<std::shared_mutex> reading() {
        return std::shared_lock(stripes_[stripe_of_thread()].mutex);
    }

    template <class F>
    void writing(F change) {
        std::array<std::unique_lock<std::shared_mutex>, stripe_count> held;
        for (std::size_t i = 0; i != stripe_count; ++i) held[i] = std::unique_lock(stripes_[i].mutex);
        change();
    }

private:
    struct alignas(64) stripe {
        std::shared_mutex mutex;
    };
    std::array<stripe, stripe_count> stripes_;
};

}  // namespace hotswap::plugins
