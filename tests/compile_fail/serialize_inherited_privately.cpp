// expect: hotswap:
// names: money
#include <shop.hpp>

struct cash {
    int cents = 0;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& cents;
    }
};
class money : cash {};

struct account {
    money total;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
