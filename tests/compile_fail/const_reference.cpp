// expect: cannot be const or volatile, nor refer to what is
// names: account
#include <shop.hpp>

struct account {
    int const& other;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
