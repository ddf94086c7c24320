// expect: takes the next number; each revision itself names the one before it
#include <shop.hpp>

struct counter_2 : shop::counter {
    using extends = shop::counter;
    static constexpr hotswap::contract contract{"shop.counter", 2};
    virtual int subtract(int n) = 0;
};
struct counter_3 : counter_2 {
    static constexpr hotswap::contract contract{"shop.counter", 3};
};
struct counter_impl final : counter_3 {
    using state = shop::numbered<1>;
    counter_impl(hotswap::host&, state&) {}
    int add(int n) override { return n; }
    int subtract(int n) override { return n; }
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
