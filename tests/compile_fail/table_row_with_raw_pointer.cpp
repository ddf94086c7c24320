// expect: a state cannot hold a raw pointer
// names: int*
#include <shop.hpp>

#include <hotswap/table.hpp>

struct customer {
    int total = 0;
    int* current = nullptr;
};

struct account {
    hotswap::table<std::string, customer> customers;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
