// expect: a table's row function captures nothing
// names: hand what it needs to transform as data
#include <shop.hpp>

#include <hotswap/table.hpp>

struct wallet {
    static constexpr hotswap::schema schema{"shop.wallet", 1};
    hotswap::table<std::string, int> totals;
};

wallet renamed(wallet&& old, std::string const& prefix) {
    return {std::move(old.totals).transform_entries([&prefix](std::string&& key, int&& total) {
        return std::pair{prefix + key, total};
    })};
}
