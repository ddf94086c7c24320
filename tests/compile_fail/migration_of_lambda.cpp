// expect: a migration is a plain function
// names: lambda
#include <shop.hpp>

class counter_impl final : public shop::component<shop::numbered<3>> {
public:
    using component::component;
    using history = hotswap::history<[](shop::numbered<2>&& old) { return shop::numbered<3>{old.total}; }>;
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
