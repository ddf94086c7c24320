// expect: a state cannot hold a view
// names: std::basic_string_view
#include <shop.hpp>

struct account {
    std::string_view name;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
