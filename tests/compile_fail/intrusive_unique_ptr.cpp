// expect: std::unique_ptr must own one object by the default deleter
// names: std::unique_ptr<int []
#include <shop.hpp>

#include <memory>

struct account {
    std::unique_ptr<int[]> totals;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
