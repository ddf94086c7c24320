#include "ledger_on.hpp"

namespace books {

class ledger_1 final : public ledger_on<ledger, v1::state, '1'> {
public:
    using ledger_on::ledger_on;
};

}  // namespace books

HOTSWAP_COMPONENT(books::ledger_1)
