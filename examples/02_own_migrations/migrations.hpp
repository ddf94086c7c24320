// The migrations between neighbouring versions: plain functions that a unit test can call without a module.
#pragma once

#include "states.hpp"

#include <hotswap/detail/base/arguments.hpp>

namespace demo {

/// Release 1 has no prices: each article gets the price that the host passes as `cents`.
/// Errors:   throws std::invalid_argument unless `cents` is given as a number.
v2::state add_prices(v1::state const& old, hotswap::arguments const& given);
/// Loses the prices.
v1::state drop_prices(v2::state const& now);

/// Sets the currency of all prices to the host's `currency`, or to EUR without that argument.
v3::state add_currency(v2::state&& old, hotswap::arguments const& given);
/// Faithful for prices in EUR, which release 2 assumes.
/// Errors:   throws std::domain_error for any other currency.
v2::state drop_currency(v3::state&& now);

}  // namespace demo
