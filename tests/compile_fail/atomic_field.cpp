// expect: a state cannot hold a lock
// names: std::atomic<int>
#include <shop.hpp>

#include <atomic>

struct account {
    std::atomic<int> total = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
