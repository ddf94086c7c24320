// expect: a state cannot hold a union
// names: account
#include <shop.hpp>

union either {
    int number;
    float real;
};

struct account {
    either value{};
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
