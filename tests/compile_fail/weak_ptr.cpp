// expect: a state cannot hold a shared or weak pointer
// names: std::weak_ptr<int>
#include <shop.hpp>

#include <memory>

struct account {
    std::vector<std::weak_ptr<int>> totals;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
