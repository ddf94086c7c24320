#include "visits.hpp"

#include <hotswap/component.hpp>

#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

namespace outside {

namespace v1 {
struct state {
    static constexpr hotswap::schema schema{"outside.visits", 1};
    std::map<std::string, std::uint32_t> pages;
};
}  // namespace v1

namespace v2 {
struct state {
    static constexpr hotswap::schema schema{"outside.visits", 2};
    std::map<std::string, std::uint64_t> pages;
    std::uint64_t total = 0;
};
}  // namespace v2

namespace {

v2::state sum_up(v1::state&& old) {
    v2::state now;
    for (auto const& [page, count] : old.pages) {
        now.pages[page] = count;
        now.total += count;
    }
    return now;
}

// Loses nothing: the total is the sum of the pages.
v1::state forget_total(v2::state&& now) {
    v1::state old;
    for (auto const& [page, count] : now.pages) {
        if (count > std::numeric_limits<std::uint32_t>::max())
            throw std::out_of_range("the visits of " + page + " no longer fit the older release");
        old.pages[page] = static_cast<std::uint32_t>(count);
    }
    return old;
}

}  // namespace

class visits_impl final : public visits {
public:
    using state = v2::state;
    using history = hotswap::history<&sum_up, &forget_total>;

    visits_impl(hotswap::host&, state& state) : state_{state} {}

    std::uint64_t add(std::string_view page) override {
        std::lock_guard const lock{mutex_};
        ++state_.total;
        return ++state_.pages[std::string{page}];
    }

    std::uint64_t total() override {
        std::lock_guard const lock{mutex_};
        return state_.total;
    }

    std::string_view release() override { return "1.10.0"; }

private:
    state& state_;
    std::mutex mutex_;
};

}  // namespace outside

HOTSWAP_COMPONENT(outside::visits_impl)
