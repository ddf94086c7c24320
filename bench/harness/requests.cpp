#include "harness/requests.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace bench {

namespace {

// Ranks by Zipf's law, after J. Gray et al., "Quickly generating billion-record synthetic databases" (1994).
class zipf {
public:
    explicit zipf(std::uint64_t rows) : rows_(static_cast<double>(rows)) {
        for (std::uint64_t rank = 1; rank <= rows; ++rank)
            all_ += std::pow(static_cast<double>(rank), -exponent);
        double const first_two = 1 + std::pow(0.5, exponent);
        eta_ = (1 - std::pow(2 / rows_, 1 - exponent)) / (1 - first_two / all_);
    }

    template <class Random>
    std::uint64_t operator()(Random& random) {
        double const u = std::uniform_real_distribution<double>{}(random);
        if (u * all_ < 1) return 0;
        if (u * all_ < 1 + std::pow(0.5, exponent)) return 1;
        return static_cast<std::uint64_t>(rows_ * std::pow(eta_ * u - eta_ + 1, 1 / (1 - exponent)));
    }

private:
    static constexpr double exponent = 0.99;
    double rows_;
    double all_ = 0;
    double eta_ = 0;
};

}  // namespace

requests ask_evenly(std::uint64_t rows, unsigned writes_in_ten, unsigned seed) {
    return [=, random = std::minstd_rand(seed),
            any_row = std::uniform_int_distribution<std::uint64_t>(0, rows - 1)]() mutable -> request {
        auto const row = any_row(random);
        return {row, random() % 10 < writes_in_ten ? deed::add : deed::read};
    };
}

requests ask_by_zipf(std::uint64_t rows, unsigned seed) {
    return [random = std::minstd_rand(seed), rank = zipf(rows), rows]() mutable -> request {
        auto const row = std::min(rank(random), rows - 1);
        return {row, random() % 10 == 0 ? deed::add : deed::read};
    };
}

requests ask_for_churn(std::uint64_t rows, unsigned seed) {
    return [random = std::minstd_rand(seed),
            any_key = std::uniform_int_distribution<std::uint64_t>(0, 2 * rows - 1)]() mutable -> request {
        auto const row = any_key(random);
        return {row, random() % 2 == 0 ? deed::insert : deed::erase};
    };
}

}  // namespace bench
