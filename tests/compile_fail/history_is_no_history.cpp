// expect: `history` is a hotswap::history
// names: counter_impl
#include <shop.hpp>

class counter_impl final : public shop::component<shop::numbered<1>> {
public:
    using component::component;
    using history = int;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
