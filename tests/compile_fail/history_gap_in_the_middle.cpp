// expect: a history has a gap
// names: numbered
#include <shop.hpp>

class counter_impl final : public shop::component<shop::numbered<4>> {
public:
    using component::component;
    using history = hotswap::history<&shop::migrate<1, 2>, &shop::migrate<3, 4>>;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
