// expect: a state cannot hold a raw pointer
// names: int*
#include <shop.hpp>

struct pointing {
    static constexpr hotswap::schema schema{"shop.counter", 2};
    int* total = nullptr;
};
shop::numbered<3> widen(pointing&&) { return {}; }

class counter_impl final : public shop::component<shop::numbered<3>> {
public:
    using component::component;
    using history = hotswap::history<&widen>;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
