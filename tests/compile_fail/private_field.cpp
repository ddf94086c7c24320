// expect: neither an aggregate nor serializable
// names: money
#include <shop.hpp>

class money {
    int cents = 0;

public:
    int get() const { return cents; }
};

struct account {
    money total;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
