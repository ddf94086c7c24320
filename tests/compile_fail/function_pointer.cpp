// expect: a state cannot hold a pointer to a function or a member
// names: int (*)(int)
#include <shop.hpp>

struct account {
    int (*callback)(int) = nullptr;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
