// expect: HOTSWAP_COMPONENT(type) takes name and release from hotswap_add_component
#include <shop.hpp>

HOTSWAP_COMPONENT(shop::component<shop::numbered<1>>)
