// expect: different name
// names: other
#include <shop.hpp>

struct other {
    static constexpr hotswap::schema schema{"shop.orders", 1};
    int total = 0;
};
shop::numbered<2> rebrand(other&& old) { return {old.total}; }

class counter_impl final : public shop::component<shop::numbered<3>> {
public:
    using component::component;
    using history = hotswap::history<&shop::migrate<2, 3>, &rebrand>;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
