// lock_taker flock|fcntl FILE: whether another process can take the lock: exit status 0 if so, 1 if not.
#include "swap/fixtures/sole_thing.hpp"

#include <cstdio>

int main(int count, char** words) {
    if (count != 3) return 2;
    hotswap_test::sole_thing lock(words[1], words[2]);
    try {
        lock.take();
        return 0;
    } catch (std::exception const& e) {
        std::puts(e.what());
        return 1;
    }
}
