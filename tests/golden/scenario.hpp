// What the golden snapshots of all shipped components have in common, for the tool that writes them and the tests that read
// them.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

namespace hotswap_golden {

using namespace std::chrono_literals;

/// The releases of every shipped component; the index is the version of the state.
inline constexpr std::array<std::string_view, 4> releases{"0.1.0", "1.0.0", "2.0.0", "3.0.0"};

/// The time at which every golden snapshot was taken.
inline constexpr std::chrono::system_clock::time_point moment{1'750'000'000s};

}  // namespace hotswap_golden
