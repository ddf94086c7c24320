// Release 2.0.0: pieces and prices.
#include "migrations.hpp"
#include "stock.hpp"

#include <hotswap/component.hpp>

#include <mutex>

namespace demo {

class stock_2 final : public stock {
public:
    using state = v2::state;
    using history = hotswap::history<&add_prices, hotswap::lossy<&drop_prices>>;

    stock_2(hotswap::host&, state& state) : state_(state) {}

    void put(std::string_view article, std::uint32_t pieces) override {
        std::lock_guard const lock(mutex_);
        state_.articles[std::string(article)].pieces += pieces;
    }

    std::string describe(std::string_view article) override {
        std::lock_guard const lock(mutex_);
        std::string const name(article);
        auto const& found = state_.articles[name];
        return std::to_string(found.pieces) + " pieces of " + name + " at " + std::to_string(found.cents) +
               " cents";
    }

private:
    std::mutex mutex_;
    state& state_;
};

}  // namespace demo

HOTSWAP_COMPONENT(demo::stock_2)
