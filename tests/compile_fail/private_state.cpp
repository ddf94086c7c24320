// expect: a component class names its state
// names: counter_impl
#include <shop.hpp>

class counter_impl : public shop::counter {
    using state = shop::numbered<1>;

public:
    counter_impl(hotswap::host&, state&) {}
    int add(int n) override { return n; }
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
