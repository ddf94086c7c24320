// What an entry costs: the memory that its row, its key and its value really use.
#pragma once

#include "cache/states/v0.hpp"
#include "shared/striped.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hotswap::plugins {

/// The bytes that malloc takes for a text of `size` characters: none up to 15, which the string holds itself. Frozen:
/// states keep sums of these.
constexpr std::uint64_t heap_of(std::size_t size) noexcept {
    if (size <= 15) return 0;
    return std::max<std::uint64_t>((size + 1 + 8 + 15) / 16 * 16, 32);
}

/// The bytes of one row in the table itself: its slot, and its share of an index between three and six eighths full.
template <class Table>
inline constexpr std::uint64_t row_share = (8 + sizeof(typename Table::value_type) + 7) / 8 * 8 + 16;

/// Reads a number of a state that other threads change.
template <class Value>
Value now_of(Value& number) noexcept {
    return std::atomic_ref(number).load(std::memory_order_relaxed);
}

/// Takes from a count that other threads change. It stops at 0, also where a damaged state began with too little.
inline void take_from(std::uint64_t& count, std::uint64_t number) noexcept {
    std::atomic_ref const at(count);
    auto seen = at.load(std::memory_order_relaxed);
    while (!at.compare_exchange_weak(seen, seen - std::min(seen, number), std::memory_order_relaxed)) {
    }
}

inline void add_to(cache_states::v0::amount& sum, cache_states::v0::amount const& part) noexcept {
    if (part.rows != 0) add_to(sum.rows, part.rows);
    if (part.heap != 0) add_to(sum.heap, part.heap);
}
inline void take_from(cache_states::v0::amount& sum, cache_states::v0::amount const& part) noexcept {
    if (part.rows != 0) take_from(sum.rows, part.rows);
    if (part.heap != 0) take_from(sum.heap, part.heap);
}

}  // namespace hotswap::plugins
