// expect: hash and equality of a table are stateless
// names: salted_hash
#include <shop.hpp>

#include <hotswap/table.hpp>

struct salted_hash {
    std::size_t salt = 7;
    std::size_t operator()(int key) const { return static_cast<std::size_t>(key) ^ salt; }
};

struct account {
    hotswap::table<int, int, salted_hash> totals;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
