// A component whose contract is not the first of its bases.
#include "second_base.hpp"

#include <hotswap/component.hpp>

namespace books {

struct state {
    static constexpr hotswap::schema schema{"books.second", 1};
    std::uint64_t asked = 0;
};

struct other {
    virtual ~other() = default;
    virtual int wrong() { return 13; }
    std::uint64_t own = 7;
};

class second_base final : public other, public second {
public:
    using state = books::state;
#if defined(NAMES_ITS_CONTRACT)
    using contract_type = second;
#endif
    second_base(hotswap::host&, books::state& state) : state_(state) {}
    int right() override {
        ++state_.asked;
        return 42;
    }

private:
    books::state& state_;
};

}  // namespace books

HOTSWAP_COMPONENT(books::second_base)
