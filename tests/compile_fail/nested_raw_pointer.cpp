// expect: a state cannot hold a raw pointer
// names: const char*
#include <shop.hpp>

struct account {
    std::map<std::string, std::optional<char const*>> names;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
