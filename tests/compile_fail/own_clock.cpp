// expect: a state cannot hold a time point of this clock
// names: ticks
#include <shop.hpp>

/// A user's clock with an unknown epoch.
struct ticks {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<ticks>;
    static constexpr bool is_steady = false;
};

struct account {
    ticks::time_point expires;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
