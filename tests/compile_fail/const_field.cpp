// expect: cannot be const or volatile, nor a reference to such a value
// names: account
#include <shop.hpp>

struct account {
    int total = 0;
    int const limit = 5;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
