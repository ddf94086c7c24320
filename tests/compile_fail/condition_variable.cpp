// expect: a state cannot hold a lock, a condition variable
// names: std::condition_variable
#include <shop.hpp>

#include <condition_variable>

struct account {
    std::condition_variable changed;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
