// expect: a state cannot hold a view
// names: std::span<const int>
#include <shop.hpp>

#include <span>

struct account {
    std::span<int const> numbers;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
