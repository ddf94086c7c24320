// expect: a state cannot hold a C array
// names: int [1]
#include <shop.hpp>

struct account {
    std::string name;
    int totals[1] = {};
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
