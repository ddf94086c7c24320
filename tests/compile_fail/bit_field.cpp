// expect: a state cannot hold a bit-field
// names: account
#include <shop.hpp>

struct account {
    unsigned low : 4 = 0;
    unsigned high : 4 = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
