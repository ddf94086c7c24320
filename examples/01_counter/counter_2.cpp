// Release 2.0.0: totals of 64 bits, and the number of calls, which the way back loses.
#include "counter.hpp"

#include <hotswap/component.hpp>

#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

namespace demo {

namespace v1 {  // frozen: release 1.0.0 writes it
struct state {
    static constexpr hotswap::schema schema{"demo.counter", 1};
    std::map<std::string, std::uint32_t> totals;
};
}  // namespace v1

namespace v2 {
struct state {
    static constexpr hotswap::schema schema{"demo.counter", 2};
    std::map<std::string, std::uint64_t> totals;
    std::uint64_t calls = 0;
};
}  // namespace v2

v2::state widen(v1::state const& old) { return {.totals{old.totals.begin(), old.totals.end()}}; }

v1::state narrow(v2::state const& now) {
    v1::state old;
    for (auto const& [key, total] : now.totals) {
        if (total > std::numeric_limits<std::uint32_t>::max())
            throw std::out_of_range("the total of " + key + " no longer fits release 1.0.0");
        old.totals[key] = static_cast<std::uint32_t>(total);
    }
    return old;
}

class counter_impl final : public counter {
public:
    using state = v2::state;
    using history = hotswap::history<&widen, hotswap::lossy<&narrow>>;

    counter_impl(hotswap::host&, state& state) : state_(state) {}

    std::uint64_t add(std::string_view key, std::uint64_t n) override {
        std::lock_guard const lock(mutex_);
        ++state_.calls;
        return state_.totals[std::string(key)] += n;
    }

private:
    std::mutex mutex_;
    state& state_;
};

}  // namespace demo

HOTSWAP_COMPONENT(demo::counter_impl, "counter", "2.0.0")
