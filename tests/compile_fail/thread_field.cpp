// expect: a state cannot hold a thread, its id
// names: std::thread
#include <shop.hpp>

#include <thread>

struct account {
    std::thread worker;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
