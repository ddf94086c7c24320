// expect: a state cannot hold a lock
// names: std::mutex
#include <shop.hpp>

#include <mutex>

struct account {
    std::mutex mutex;
    int total = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
