// expect: a state cannot hold a lock
// names: std::atomic_flag
#include <shop.hpp>

#include <atomic>

struct account {
    std::atomic_flag busy;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
