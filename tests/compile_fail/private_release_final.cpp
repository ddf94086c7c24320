// expect: `release` would never be called
// names: counter_impl
#include <shop.hpp>

class counter_impl final : public shop::component<shop::numbered<1>> {
public:
    using component::component;

    void resume() {}

private:
    void release() {}
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
