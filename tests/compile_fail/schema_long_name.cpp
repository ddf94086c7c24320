// expect: a schema's name has 1 to 63 characters
// names: account
#include <shop.hpp>

struct account {
    static constexpr hotswap::schema schema{
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1};
    int total = 0;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
