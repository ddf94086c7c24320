// expect: a migration is a plain function
// names: numbered
#include <shop.hpp>

shop::numbered<3> widen(shop::numbered<2>& old) { return {old.total}; }

class counter_impl final : public shop::component<shop::numbered<3>> {
public:
    using component::component;
    using history = hotswap::history<&widen>;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
