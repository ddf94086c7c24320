// expect: a state cannot hold a std::source_location
// names: std::source_location
#include <shop.hpp>

#include <source_location>

struct account {
    std::source_location from;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
