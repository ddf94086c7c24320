// Release 3.0.0: pieces, prices and their currency.
#include "migrations.hpp"
#include "stock.hpp"

#include <hotswap/component.hpp>

#include <mutex>
#include <stdexcept>

namespace demo {

class stock_3 final : public stock {
public:
    using state = v3::state;
    using history =
        hotswap::history<&add_prices, hotswap::lossy<&drop_prices>, &add_currency, &drop_currency>;

    /// Runs on every state before it goes live; an exception refuses the operation.
    static void validate(state const& given) {
        if (given.currency.size() != 3)
            throw std::invalid_argument("the currency is \"" + given.currency +
                                        "\", expected three letters as in EUR");
    }

    stock_3(hotswap::host&, state& state) : state_(state) {}

    void put(std::string_view article, std::uint32_t pieces) override {
        std::lock_guard const lock(mutex_);
        state_.articles[std::string(article)].pieces += pieces;
    }

    std::string describe(std::string_view article) override {
        std::lock_guard const lock(mutex_);
        std::string const name(article);
        auto const& found = state_.articles[name];
        return std::to_string(found.pieces) + " pieces of " + name + " at " + std::to_string(found.cents) +
               " " + state_.currency + " cents";
    }

private:
    std::mutex mutex_;
    state& state_;
};

}  // namespace demo

HOTSWAP_COMPONENT(demo::stock_3)
