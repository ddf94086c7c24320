// expect: a state cannot hold a C array
// names: account
#include <shop.hpp>

struct account {
    std::string name;
    std::string lines[3];
    int last = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
