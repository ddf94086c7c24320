// expect: a state struct cannot have base classes
// names: account
#include <shop.hpp>

struct common {};
struct account : common {
    int calls = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
