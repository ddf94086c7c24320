// expect: has a `serialize` that cannot be used
// names: money
#include <shop.hpp>

class money final {
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& cents;
    }
    int cents = 0;
};

struct account {
    money total;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
