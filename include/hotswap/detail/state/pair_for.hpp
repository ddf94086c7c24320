// A pair from which a row of a table can be made.
#pragma once

#include <utility>

namespace hotswap::detail {

template <class Pair, class Key, class Row>
concept pair_for = requires(Pair&& row) {
    Key(std::forward<Pair>(row).first);
    Row(std::forward<Pair>(row).second);
};

}  // namespace hotswap::detail
