// expect: a state cannot hold a reference
// names: account
#include <shop.hpp>

struct account {
    int total = 0;
    int& other;
    int more = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
