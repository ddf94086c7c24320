// expect: to the same version
// names: numbered
#include <shop.hpp>

class counter_impl final : public shop::component<shop::numbered<3>> {
public:
    using component::component;
    using history = hotswap::history<&shop::migrate<3, 3>>;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
