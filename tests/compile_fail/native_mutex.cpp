// expect: a state cannot hold a union
// names: pthread_mutex_t
#include <shop.hpp>

#include <pthread.h>

struct account {
    pthread_mutex_t mutex;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
