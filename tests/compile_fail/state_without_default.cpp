// expect: must be default constructible
// names: account
#include <shop.hpp>

struct account {
    account() = delete;
    explicit account(int n) : total(n) {}
    int total;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& total;
    }
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
