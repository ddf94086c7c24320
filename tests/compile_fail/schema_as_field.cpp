// expect: a state's member `schema` must be
// names: account
#include <shop.hpp>

struct account {
    hotswap::schema schema{"shop.counter", 1};
    int total = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
