// expect: a component's release is one of Semantic Versioning
#include <shop.hpp>

HOTSWAP_COMPONENT(shop::component<shop::numbered<1>>, "counter", "")
