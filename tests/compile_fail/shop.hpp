// The other parts of a component, for sources that have one mistake each.
#ifndef SHOP_HPP
#define SHOP_HPP

#include <hotswap/component.hpp>

#include <map>
#include <string>

namespace shop {

struct counter {
    static constexpr hotswap::contract contract{"shop.counter", 1};
    virtual ~counter() = default;
    virtual int add(int n) = 0;
};

/// A component without a mistake, unless `State`, its history or a derived class has one.
template <class State>
struct component : counter {
    using state = State;
    component(hotswap::host&, state&) {}
    int add(int n) override { return n; }
};

/// A struct of the schema shop.counter.
template <unsigned Version>
struct numbered {
    static constexpr hotswap::schema schema{"shop.counter", Version};
    int total = 0;
};

template <unsigned From, unsigned To>
numbered<To> migrate(numbered<From>&& old) {
    return {old.total};
}

}  // namespace shop

#endif
