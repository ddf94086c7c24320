// The code that the gateway's campaign and the storm share.
#pragma once

#include "wanted.hpp"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace chaos {

/// A component's state before an operation.
struct before {
    std::string component;
    std::string release;
    std::uint64_t generation = 0;
};

/// Arms one of the points that were passed so far, within its first `visits`; nothing while none is known.
inline std::string any_fault(dice& random, std::set<std::string> const& points, std::size_t visits) {
    static constexpr std::array kinds{"fail:5", "fail:28", "fail:24", "fail:12", "no_memory"};
    if (points.empty()) return {};
    std::vector<std::string> const all(points.begin(), points.end());
    auto const point = random.any_of(all);
    std::string what = random.any_of(kinds);
    // From the commit on nothing fails for lack of memory: it was allocated before.
    bool const is_after = point.find(".commit.") != point.npos || point.find(".persist.") != point.npos ||
                          point.find(".retire.") != point.npos || point.starts_with("store.");
    if (is_after && what == "no_memory") what = "fail:5";
    return point + "=" + std::to_string(1 + random.below(visits)) + "*" + what;
}

}  // namespace chaos
