// expect: a state cannot hold a raw pointer
// names: FILE
#include <shop.hpp>

#include <cstdio>

struct account {
    std::FILE* log = nullptr;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
