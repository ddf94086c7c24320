// expect: a state cannot hold a bit-field
// names: account
#include <shop.hpp>

struct account {
    int f0 = 0;
    int f1 = 0;
    int f2 = 0;
    int f3 = 0;
    int f4 = 0;
    int f5 = 0;
    int f6 = 0;
    int f7 = 0;
    int f8 = 0;
    int f9 = 0;
    int f10 = 0;
    int f11 = 0;
    int f12 = 0;
    int f13 = 0;
    int f14 = 0;
    int f15 = 0;
    int f16 = 0;
    int f17 = 0;
    int f18 = 0;
    int f19 = 0;
    unsigned low : 4 = 0;
    int last = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
