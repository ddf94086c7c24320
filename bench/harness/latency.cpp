#include "harness/latency.hpp"

#include <algorithm>
#include <bit>

namespace bench {

namespace {

constexpr unsigned step_bits = 5;
constexpr std::uint64_t steps = 1u << step_bits;

// Below 32 ns every nanosecond is a separate step; above, each doubling has 32 steps.
std::size_t step_of(std::uint64_t value) {
    if (value < steps) return static_cast<std::size_t>(value);
    auto const shift = static_cast<unsigned>(std::bit_width(value)) - step_bits - 1;
    return static_cast<std::size_t>((shift + 1) * steps + ((value >> shift) - steps));
}

double middle_of(std::size_t step) {
    if (step < steps) return static_cast<double>(step);
    auto const shift = step / steps - 1;
    return (static_cast<double>(step % steps + steps) + 0.5) * static_cast<double>(std::uint64_t{1} << shift);
}

}  // namespace

void histogram::count(std::chrono::nanoseconds took) noexcept {
    auto const value = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
    ++counts_[std::min(step_of(value), counts_.size() - 1)];
    ++size_;
    max_ = std::max(max_, value);
}

void histogram::add(histogram const& other) noexcept {
    for (std::size_t i = 0; i != counts_.size(); ++i) counts_[i] += other.counts_[i];
    size_ += other.size_;
    max_ = std::max(max_, other.max_);
}

double histogram::percentile(double share) const noexcept {
    double left = share * static_cast<double>(size_);
    for (std::size_t i = 0; i != counts_.size(); ++i) {
        left -= counts_[i];
        if (counts_[i] != 0 && left <= 0) return std::min(middle_of(i) / 1e3, max());
    }
    return max();
}

}  // namespace bench
