// expect: hash and equality of a table are stateless
// names: close_enough
#include <shop.hpp>

#include <hotswap/table.hpp>

struct close_enough {
    int distance = 1;
    bool operator()(int a, int b) const { return a - b <= distance && b - a <= distance; }
};

struct account {
    hotswap::table<int, int, hotswap::table_hash<int>, close_enough> totals;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
