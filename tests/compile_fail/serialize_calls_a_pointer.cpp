// expect: a state cannot hold a raw pointer
// names: int*
#include <shop.hpp>

struct account {
    int* total = nullptr;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& total;
    }
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
