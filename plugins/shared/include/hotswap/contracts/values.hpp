// What the contracts of the shipped components have in common: settings by name, and counts by name.
#pragma once

#include <hotswap/detail/abi/setting.hpp>

#include <cstdint>
#include <string>

namespace hotswap::contracts {

using hotswap::setting;

/// One count under the name that Prometheus shows.
struct metric {
    std::string name{};  ///< "hotswap_cache_hits_total"; a name with `_total` is a counter, others are gauges
    std::uint64_t value = 0;

    friend bool operator==(metric const&, metric const&) = default;
};

}  // namespace hotswap::contracts
