// expect: a component class names its state
// names: counter_impl
#include <shop.hpp>

class counter_impl : public shop::counter {
public:
    counter_impl(hotswap::host&, shop::numbered<1>&) {}
    int add(int n) override { return n; }
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
