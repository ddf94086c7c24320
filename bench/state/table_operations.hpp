// The cost of a table's calls.
#pragma once

namespace bench {

/// get, insert and a mixture of both with erasing, at 1 and 2 threads, next to tbb::concurrent_hash_map; and the price of
/// a watcher that is not set. `quick` ends at 10⁶ rows.
bool measure_table(bool quick);

}  // namespace bench
