// expect: a component implements one contract
// names: counter_impl
#include <shop.hpp>

class counter_impl {
public:
    using state = shop::numbered<1>;
    counter_impl(hotswap::host&, state&) {}
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
