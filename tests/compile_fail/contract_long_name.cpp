// expect: a contract's name has 1 to 63 characters
// names: counter_impl
#include <shop.hpp>

struct wordy {
    static constexpr hotswap::contract contract{
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1};
    virtual ~wordy() = default;
};
class counter_impl : public wordy {
public:
    using state = shop::numbered<1>;
    counter_impl(hotswap::host&, state&) {}
};

HOTSWAP_COMPONENT(counter_impl, "counter", "1.0.0")
