// expect: a component's release has 31 characters at most
#include <shop.hpp>

HOTSWAP_COMPONENT(shop::component<shop::numbered<1>>, "counter", "1.2.3-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
