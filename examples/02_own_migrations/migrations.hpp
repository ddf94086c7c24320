// The ways between neighbouring versions: plain functions, that a unit test could call without any module.
#pragma once

#include "states.hpp"

#include <hotswap/detail/base/arguments.hpp>

namespace demo {

/// Release 1 knew no prices: each article gets the one that the host hands over as `cents`.
/// Errors:   throws std::invalid_argument unless `cents` is given as a number.
v2::state add_prices(v1::state&& old, hotswap::arguments const& given);
/// Loses the prices.
v1::state drop_prices(v2::state&& now);

/// The host hands over the `currency` that all prices are in; EUR if it does not.
v3::state add_currency(v2::state&& old, hotswap::arguments const& given);
/// Faithful for prices in EUR, which release 2 takes for granted.
/// Errors:   throws std::domain_error for any other currency.
v2::state drop_currency(v3::state&& now);

}  // namespace demo
