// expect: has a `serialize` that cannot be used
// names: money
#include <shop.hpp>

struct money {
    int serialize = 0;
};

struct account {
    money total;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
