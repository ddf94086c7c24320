// What the tests of <hotswap/testing.hpp> share.
#pragma once

#include "testing/stock.hpp"

#include <hotswap/testing.hpp>

#include <doctest/doctest.h>

#include <chrono>

namespace hotswap_test {

using namespace std::chrono_literals;

/// The code of the failure that `f` throws.
template <class F>
hotswap::errc code_of(F&& f) {
    try {
        f();
    } catch (hotswap::swap_error const& refused) {
        return refused.code();
    }
    return {};
}

}  // namespace hotswap_test
