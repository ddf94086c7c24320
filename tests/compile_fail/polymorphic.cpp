// expect: a state cannot hold a polymorphic type
// names: shape
#include <shop.hpp>

struct shape {
    virtual ~shape() = default;
    int sides = 0;
};

struct account {
    shape outline;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
