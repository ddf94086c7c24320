// The migrations of the cache's state between versions 0 and 1.
#pragma once

#include "cache/states/v0.hpp"
#include "cache/states/v1.hpp"

#include <utility>

namespace hotswap::cache_states {

/// Keeps keys, values and expiry; all entries count as equally long unused, counts begin at 0.
inline v1::state upgrade_0_1(v0::state&& old) {
    v1::state now;
    now.entries = std::move(old.entries).transform([](v0::row&& r) {
        return v1::row{std::move(r.value), r.expires, 0};
    });
    now.held = old.held;
    return now;
}

/// Keeps keys, values and expiry.
/// Loses the settings (those of 0.1.0 are built in), the counts, and the order of use.
inline v0::state downgrade_1_0(v1::state&& now) {
    return {std::move(now.entries).transform([](v1::row&& r) {
                return v0::row{std::move(r.value), r.expires};
            }),
            now.held};
}

}  // namespace hotswap::cache_states
