// expect: a state cannot hold a std::function, a coroutine
// names: coroutine_handle
#include <shop.hpp>

#include <coroutine>

struct account {
    std::coroutine_handle<> waiting;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
