// Release 1.0.0: pieces.
#include "states.hpp"
#include "stock.hpp"

#include <hotswap/component.hpp>

#include <mutex>

namespace demo {

class stock_1 final : public stock {
public:
    using state = v1::state;

    stock_1(hotswap::host&, state& state) : state_(state) {}

    void put(std::string_view article, std::uint32_t pieces) override {
        std::lock_guard const lock(mutex_);
        state_.pieces[std::string(article)] += pieces;
    }

    std::string describe(std::string_view article) override {
        std::lock_guard const lock(mutex_);
        std::string const name(article);
        return std::to_string(state_.pieces[name]) + " pieces of " + name;
    }

private:
    std::mutex mutex_;
    state& state_;
};

}  // namespace demo

HOTSWAP_COMPONENT(demo::stock_1)
