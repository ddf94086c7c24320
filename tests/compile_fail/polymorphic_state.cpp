// expect: a state cannot hold a polymorphic type
// names: account
#include <shop.hpp>

struct account {
    virtual ~account() = default;
    int total = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
