// expect: a state cannot hold a view
// names: std::basic_string_view<char>
#include <shop.hpp>

#include <hotswap/table.hpp>

#include <string_view>

struct account {
    hotswap::table<std::string_view, int> totals;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
