// expect: schema versions start at 1
// names: account
#include <shop.hpp>

struct account {
    static constexpr hotswap::schema schema{"shop.counter", 0};
    int total = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
