// expect: has a `serialize` that cannot be used
// names: money
#include <shop.hpp>

struct money {
    void serialize(std::string& text, unsigned) { text += std::to_string(cents); }
    int cents = 0;
};

struct account {
    money total;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
