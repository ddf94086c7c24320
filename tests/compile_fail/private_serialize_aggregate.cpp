// expect: has a `serialize` that cannot be used
// names: money
#include <shop.hpp>

struct money final {
    int cents = 0;

private:
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& cents;
    }
};

struct account {
    money total;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
