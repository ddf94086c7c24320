#include "visits.hpp"

#include <hotswap/component.hpp>

#include <map>
#include <mutex>
#include <string>

namespace outside {

namespace v1 {
struct state {
    static constexpr hotswap::schema schema{"outside.visits", 1};
    std::map<std::string, std::uint32_t> pages;
};
}  // namespace v1

class visits_impl final : public visits {
public:
    using state = v1::state;

    visits_impl(hotswap::host&, state& state) : state_{state} {}

    std::uint64_t add(std::string_view page) override {
        std::lock_guard const lock{mutex_};
        return ++state_.pages[std::string{page}];
    }

    std::uint64_t total() override {
        std::lock_guard const lock{mutex_};
        std::uint64_t sum = 0;
        for (auto const& [page, count] : state_.pages) sum += count;
        return sum;
    }

    std::string_view release() override { return "1.0.0"; }

private:
    state& state_;
    std::mutex mutex_;
};

}  // namespace outside

HOTSWAP_COMPONENT(outside::visits_impl)
