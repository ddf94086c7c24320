// A component of the usual size: two versions of its state, both migrations, containers of structs.
#include "orders.hpp"

#include <hotswap/component.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace shop {

namespace v1 {
struct order {
    std::string customer;
    std::string item;
    std::uint32_t count = 0;
};
struct state {
    static constexpr hotswap::schema schema{"shop.orders", 1};
    std::map<std::uint64_t, order> open;
    std::uint64_t last_number = 0;
};
}  // namespace v1

namespace v2 {
struct order {
    std::string customer;
    std::string item;
    std::uint32_t count = 0;
    std::chrono::sys_time<std::chrono::milliseconds> placed;
    std::optional<std::string> note;
};
struct state {
    static constexpr hotswap::schema schema{"shop.orders", 2};
    std::map<std::uint64_t, order> open;
    std::unordered_map<std::string, std::vector<std::uint64_t>> by_customer;
    std::uint64_t last_number = 0;
};
}  // namespace v2

namespace {

v2::state upgrade(v1::state&& old) {
    v2::state now{.open = {}, .by_customer = {}, .last_number = old.last_number};
    for (auto& [number, order] : old.open) {
        now.by_customer[order.customer].push_back(number);
        now.open.emplace(number,
                         v2::order{std::move(order.customer), std::move(order.item), order.count, {}, {}});
    }
    return now;
}

v1::state downgrade(v2::state&& now) {
    v1::state old{.open = {}, .last_number = now.last_number};
    for (auto& [number, order] : now.open)
        old.open.emplace(number, v1::order{std::move(order.customer), std::move(order.item), order.count});
    return old;
}

class orders_impl final : public orders {
public:
    using state = v2::state;
    using history = hotswap::history<&upgrade, hotswap::lossy<&downgrade>>;

    orders_impl(hotswap::host& host, state& state) : host_{host}, state_{state} {}

    std::uint64_t place(std::string_view customer, std::string_view item, std::uint32_t count) override {
        std::lock_guard const lock{mutex_};
        auto const number = ++state_.last_number;
        auto const now = std::chrono::floor<std::chrono::milliseconds>(host_.now());
        state_.open.emplace(number, v2::order{std::string{customer}, std::string{item}, count, now, {}});
        state_.by_customer[std::string{customer}].push_back(number);
        return number;
    }

    bool cancel(std::uint64_t number) override {
        std::lock_guard const lock{mutex_};
        auto const found = state_.open.find(number);
        if (found == state_.open.end()) return false;
        std::erase(state_.by_customer[found->second.customer], number);
        state_.open.erase(found);
        return true;
    }

    std::uint32_t count_of(std::uint64_t number) override {
        std::lock_guard const lock{mutex_};
        auto const found = state_.open.find(number);
        return found == state_.open.end() ? 0 : found->second.count;
    }

    std::size_t open_orders() override {
        std::lock_guard const lock{mutex_};
        return state_.open.size();
    }

private:
    hotswap::host& host_;
    state& state_;
    std::mutex mutex_;
};

}  // namespace
}  // namespace shop

HOTSWAP_COMPONENT(shop::orders_impl)
