#include "ledger_on.hpp"

namespace books {

class ledger_2 final : public ledger_on<ledger_with_count, v2::state, '2'> {
public:
    using history = hotswap::history<&widen, hotswap::lossy<&narrow>>;
    using ledger_on::ledger_on;
    std::uint64_t accounts() override { return state_.accounts.size(); }
};

}  // namespace books

HOTSWAP_COMPONENT(books::ledger_2)
