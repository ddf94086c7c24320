// expect: a state cannot hold a thread, its id or its result
// names: std::future<int>
#include <shop.hpp>

#include <future>

struct account {
    std::future<int> answer;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
