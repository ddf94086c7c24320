// expect: `adopt` returns a state from which
// names: counter_impl
#include <shop.hpp>

class counter_impl final : public shop::component<shop::numbered<1>> {
public:
    using component::component;
    static void adopt(std::span<std::byte const>) {}
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
