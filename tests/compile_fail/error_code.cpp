// expect: a state cannot hold an error code
// names: std::error_code
#include <shop.hpp>

#include <system_error>

struct account {
    std::error_code last;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
