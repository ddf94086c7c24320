// expect: a state struct has at most 40 fields
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
    int f20 = 0;
    int f21 = 0;
    int f22 = 0;
    int f23 = 0;
    int f24 = 0;
    int f25 = 0;
    int f26 = 0;
    int f27 = 0;
    int f28 = 0;
    int f29 = 0;
    int f30 = 0;
    int f31 = 0;
    int f32 = 0;
    int f33 = 0;
    int f34 = 0;
    int f35 = 0;
    int f36 = 0;
    int f37 = 0;
    int f38 = 0;
    int f39 = 0;
    int f40 = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
