// expect: HOTSWAP_COMPONENT takes a class, or a class, a name and a release
#include <shop.hpp>

HOTSWAP_COMPONENT(shop::component<shop::numbered<1>>, "counter")
