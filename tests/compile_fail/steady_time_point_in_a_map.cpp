// expect: a state cannot hold a time point of this clock
// names: steady_clock
#include <shop.hpp>

#include <map>

struct account {
    std::map<int, std::pair<int, std::chrono::steady_clock::time_point>> leases;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
