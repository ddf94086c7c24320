// The classes of stock.hpp as modules; RELEASE is the class.
#include "testing/stock.hpp"

#include <cstdlib>

namespace hotswap_test {

class stock_that_aborts final : public stock_class<stock_v2::state> {
public:
    using history = hotswap::history<&widen>;
    stock_that_aborts(hotswap::host& host, stock_v2::state& on) : stock_class(host, on) {
        host.log(hotswap::level::info, "shelves: " + host.settings().at("shelves"));
        if (!on.items.empty()) std::abort();
    }
    std::uint64_t add(std::string_view, std::uint64_t) override { return 0; }
};

}  // namespace hotswap_test

HOTSWAP_COMPONENT(hotswap_test::RELEASE)
