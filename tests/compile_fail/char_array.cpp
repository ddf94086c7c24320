// expect: a state cannot hold a C array
// names: account
#include <shop.hpp>

struct account {
    char name[16] = {};
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
