// expect: a component implements one contract
// names: counter_impl
#include <shop.hpp>

struct other {
    static constexpr hotswap::contract contract{"shop.other", 1};
    virtual ~other() = default;
};
class counter_impl : public shop::component<shop::numbered<1>>, public other {
public:
    using component::component;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
