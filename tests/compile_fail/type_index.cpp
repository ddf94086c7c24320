// expect: a state cannot hold a std::type_index
// names: std::type_index
#include <shop.hpp>

#include <typeindex>

struct account {
    std::type_index kind{typeid(int)};
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
