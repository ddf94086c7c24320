// expect: a state cannot hold a time point of this clock
// names: steady_clock
#include <shop.hpp>

class account {
public:
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& expires_;
    }

private:
    std::chrono::steady_clock::time_point expires_;
};

HOTSWAP_COMPONENT(shop::component<account>, "counter", "1.0.0")
