// expect: a state cannot hold a shared or weak pointer
// names: boost::shared_ptr<int>
#include <shop.hpp>

#include <boost/shared_ptr.hpp>

struct account {
    boost::shared_ptr<int> total;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
