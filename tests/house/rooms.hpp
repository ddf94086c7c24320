// The rooms of the house (docs/design.md), and which of them may include which.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace house {

struct room {
    std::string_view name;
    int level;
};

inline constexpr int sdk_level = 100;  // next to the levels: reads abi, base and state, and no level reads it
inline constexpr int testing_level = 200;  // above sdk: what the tests of a component's author include
inline constexpr int top_level = 1000;     // programs on top of the library: read anything

inline constexpr std::array rooms{room{"abi", 0},
                                  room{"base", 1},
                                  room{"state", 2},
                                  room{"module", 3},
                                  room{"store", 4},
                                  room{"slot", 5},
                                  room{"report", 6},
                                  room{"transfer", 7},
                                  room{"rehearsal", 8},
                                  room{"durable", 8},
                                  room{"swap", 9},
                                  room{"runtime", 10},
                                  room{"control", 11},
                                  room{"pool", 12},
                                  room{"sdk", sdk_level},
                                  room{"testing", testing_level},
                                  room{"programs", top_level}};

/// The room of "state/frame.hpp" or "detail/state/frame.hpp" (by its folder), or of "runtime.hpp" (a header that users include).
std::optional<room> room_of(std::string_view path);

bool may_include(room const& from, room const& to);

}  // namespace house
