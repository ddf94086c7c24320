// expect: std::unique_ptr must own one object by the default deleter
// names: closing
#include <shop.hpp>

#include <memory>

struct closing {
    void operator()(int*) const {}
};

struct account {
    std::unique_ptr<int, closing> total;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
