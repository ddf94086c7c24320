// expect: a state cannot hold a raw pointer
// names: error_category
#include <shop.hpp>

#include <system_error>

struct account {
    std::error_category const* of = nullptr;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
