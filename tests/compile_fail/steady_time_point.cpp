// expect: a state cannot hold a time point of this clock
// names: steady_clock
#include <shop.hpp>

#include <chrono>

struct account {
    std::chrono::steady_clock::time_point expires;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
