// expect: a component with `release` acquires its resources again when the operation is undone
// names: counter_impl
#include <shop.hpp>

class counter_impl : public shop::component<shop::numbered<1>> {
public:
    using component::component;

    void release() {}
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
