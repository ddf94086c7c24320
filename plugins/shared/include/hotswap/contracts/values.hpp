// What the contracts of the shipped components have in common: settings by name, and counts by name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hotswap::contracts {

/// A setting as an operator writes it; the views need to live only during the call.
struct setting {
    std::string_view name{};
    std::string_view value{};  ///< a whole number, or a duration: "250ms", "10s", "5min", "2h"
};

/// One count under the name that Prometheus shows.
struct metric {
    std::string name{};  ///< "hotswap_cache_hits_total"; a name with `_total` is a counter, others are gauges
    std::uint64_t value = 0;

    friend bool operator==(metric const&, metric const&) = default;
};

}  // namespace hotswap::contracts
