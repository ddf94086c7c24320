// expect: a state cannot hold a thread, its id
// names: std::thread::id
#include <shop.hpp>

#include <thread>

struct account {
    std::thread::id owner;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
