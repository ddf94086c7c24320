// expect: cannot be const or volatile, nor a reference to such a value
// names: account
#include <shop.hpp>

struct account {
    int const& other;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
