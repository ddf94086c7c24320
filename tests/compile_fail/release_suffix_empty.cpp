// expect: a component's release is major.minor.patch
#include <shop.hpp>

HOTSWAP_COMPONENT(shop::component<shop::numbered<1>>, "counter", "1.2.3-")
