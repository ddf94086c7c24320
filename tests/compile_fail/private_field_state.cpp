// expect: neither an aggregate nor serializable
// names: account
#include <shop.hpp>

class account {
    int total = 0;

public:
    int get() const { return total; }
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
