// expect: a component's name has 1 to 63 characters
#include <shop.hpp>

HOTSWAP_COMPONENT(shop::component<shop::numbered<1>>,
                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "1.0.0")
