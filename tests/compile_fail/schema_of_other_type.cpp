// expect: a state's member `schema` must be
// names: account
#include <shop.hpp>

struct account {
    static constexpr int schema = 3;
    int total = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
