// expect: a state cannot hold an error code or an exception
// names: exception_ptr
#include <shop.hpp>

#include <exception>

struct account {
    std::exception_ptr last;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
