// expect: a state cannot hold a C array
// names: account
#include <shop.hpp>

struct account {
    int grid[2][3] = {};
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
