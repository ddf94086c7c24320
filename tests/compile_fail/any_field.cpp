// expect: neither an aggregate nor serializable
// names: std::any
#include <shop.hpp>

#include <any>

struct account {
    std::any value;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
