// expect: a contract `extends` the contract before it
#include <shop.hpp>

struct plain {
    virtual ~plain() = default;
};
struct counter_2 : plain {
    using extends = plain;
    static constexpr hotswap::contract contract{"shop.counter", 2};
};
struct counter_impl final : counter_2 {
    using state = shop::numbered<1>;
    counter_impl(hotswap::host&, state&) {}
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
