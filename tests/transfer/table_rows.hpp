// Rows of the `rows` fixtures, as tests load and expect them.
#pragma once

#include "swap/fixture.hpp"
#include "swap/fixtures/rows.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hotswap_test {

using entries = std::vector<rows::entry>;

inline std::string key_of(std::uint64_t number) { return "k" + std::to_string(number); }

inline hotswap::handle<rows> load_rows(site& at, std::uint64_t count) {
    auto handle = at.load<rows>("rows", built("rows", "1.0.0"));
    for (std::uint64_t i = 0; i != count; ++i) handle->put(key_of(i), i);
    return handle;
}

}  // namespace hotswap_test
