// expect: a state cannot hold a lock
// names: std::shared_mutex
#include <shop.hpp>

#include <shared_mutex>

struct account {
    std::shared_mutex mutex;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
