// expect: a state cannot hold a union
// names: account
#include <shop.hpp>

struct account {
    int kind = 0;
    union {
        int number;
        float real;
    };
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
