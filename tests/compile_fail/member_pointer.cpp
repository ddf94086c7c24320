// expect: a state cannot hold a pointer to a function or a member
// names: state_like
#include <shop.hpp>

struct state_like {
    int value = 0;
};

struct account {
    int state_like::*member = nullptr;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
