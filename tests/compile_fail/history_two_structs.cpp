// expect: different structs for the same version
// names: narrow
#include <shop.hpp>

struct copied {
    static constexpr hotswap::schema schema{"shop.counter", 2};
    int total = 0;
};
copied narrow(shop::numbered<3>&& now) { return {now.total}; }

class counter_impl final : public shop::component<shop::numbered<3>> {
public:
    using component::component;
    using history = hotswap::history<&shop::migrate<2, 3>, &narrow>;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
