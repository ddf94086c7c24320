// The requests of callers, call by call.
#pragma once

#include <cstdint>
#include <functional>

namespace bench {

/// The operation of a call on its row.
enum class deed : std::uint8_t { read, add, insert, erase };

struct request {
    std::uint64_t row = 0;
    deed what = deed::read;
};

/// The calls of one caller. The same `seed` gives the same calls.
using requests = std::function<request()>;

/// Any of the rows, all equally likely; `writes_in_ten` of ten calls add, the others read.
requests ask_evenly(std::uint64_t rows, unsigned writes_in_ten, unsigned seed);
/// A few rows much more often than the others (Zipf's law, exponent 0.99); one call in ten adds, the others read.
requests ask_by_zipf(std::uint64_t rows, unsigned seed);
/// As many insertions as erasures, among twice as many keys as rows, so that the number of rows stays the
/// same.
requests ask_for_churn(std::uint64_t rows, unsigned seed);

}  // namespace bench
