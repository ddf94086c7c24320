// Release 2.0.0: friendlier, with the same state.
#include "greeter.hpp"

#include <hotswap/component.hpp>

namespace demo {

namespace v1 {
struct state {
    static constexpr hotswap::schema schema{"demo.greeter", 1};
    std::uint64_t greeted = 0;
};
}  // namespace v1

class greeter_impl final : public greeter {
public:
    using state = v1::state;

    greeter_impl(hotswap::host&, state& state) : state_(state) {}

    std::string greet(std::string_view name) override {
        ++state_.greeted;
        return "Good to see you, " + std::string(name);
    }
    std::uint64_t greeted() override { return state_.greeted; }

private:
    v1::state& state_;
};

}  // namespace demo

HOTSWAP_COMPONENT(demo::greeter_impl)
