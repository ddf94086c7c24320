// expect: a state cannot hold a std::function
// names: std::function<void()>
#include <shop.hpp>

#include <functional>

struct account {
    std::function<void()> callback;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
