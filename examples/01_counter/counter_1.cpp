// Release 1.0.0: totals of 32 bits.
#include "counter.hpp"

#include <hotswap/component.hpp>

#include <map>
#include <mutex>
#include <string>

namespace demo {

namespace v1 {
struct state {
    static constexpr hotswap::schema schema{"demo.counter", 1};
    std::map<std::string, std::uint32_t> totals;
};
}  // namespace v1

class counter_impl final : public counter {
public:
    using state = v1::state;

    counter_impl(hotswap::host&, state& state) : state_(state) {}

    std::uint64_t add(std::string_view key, std::uint64_t n) override {
        std::lock_guard const lock(mutex_);
        return state_.totals[std::string(key)] += static_cast<std::uint32_t>(n);
    }

private:
    std::mutex mutex_;
    state& state_;
};

}  // namespace demo

HOTSWAP_COMPONENT(demo::counter_impl, "counter", "1.0.0")
