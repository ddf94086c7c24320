// expect: a table's row function captures nothing
// names: give transform() the values that it needs as
#include <shop.hpp>

#include <hotswap/table.hpp>

struct wallet {
    static constexpr hotswap::schema schema{"shop.wallet", 1};
    hotswap::table<std::string, int> totals;
};

wallet doubled(wallet&& old, int factor) {
    return {std::move(old.totals).transform([factor](int&& total) { return total * factor; })};
}
