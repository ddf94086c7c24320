// expect: a state cannot hold a raw pointer
// names: int*
#include <shop.hpp>

struct account {
    int total = 0;
    int* current = nullptr;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
