// expect: a state cannot hold a shared or weak pointer
// names: std::shared_ptr<int>
#include <shop.hpp>

#include <memory>

struct account {
    std::shared_ptr<int> total;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
