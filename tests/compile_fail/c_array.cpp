// expect: a state cannot hold a C array
// names: account
#include <shop.hpp>

struct account {
    int totals[4] = {};
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
