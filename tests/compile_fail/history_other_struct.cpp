// expect: different structs for the same version
// names: widen
#include <shop.hpp>

struct copied {
    static constexpr hotswap::schema schema{"shop.counter", 3};
    int total = 0;
};
copied widen(shop::numbered<2>&& old) { return {old.total}; }

class counter_impl final : public shop::component<shop::numbered<3>> {
public:
    using component::component;
    using history = hotswap::history<&widen>;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
