#include "demo/load.hpp"

#include "demo/callers.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace demo {

namespace {
constexpr std::size_t items_in_use = 2000;
constexpr std::size_t most_in_words = 8;
}  // namespace

void findings::add(std::string what) {
    ++count_;
    std::lock_guard const lock(mutex_);
    if (first_.size() < most_in_words) first_.push_back(std::move(what));
}

std::vector<std::string> findings::first() const {
    std::lock_guard const lock(mutex_);
    return first_;
}

std::string item_book::key_of(std::size_t index) { return fmt::format("Täschchen №{}/{}", index, index % 7); }

void item_book::saw(std::size_t index, std::uint64_t revision) noexcept {
    auto before = seen_[index].load();
    while (before < revision && !seen_[index].compare_exchange_weak(before, revision)) {
    }
}

load::load(load_options wanted) : wanted_(wanted), items_(items_in_use) {}

load::~load() = default;

void load::start() {
    callers_.push_back(std::make_unique<greedy_caller>(*this, 0, 2 * wanted_.limit));
    for (unsigned i = 1; i <= wanted_.callers; ++i)
        callers_.push_back(std::make_unique<regular_caller>(*this, i, wanted_.rate));
    for (auto const& each : callers_) each->prepare();
    for (auto const& each : callers_)
        threads_.emplace_back([caller = each.get()](std::stop_token const& stop) { caller->run(stop); });
}

void load::stop() {
    for (auto& thread : threads_) thread.request_stop();
    threads_.clear();
    for (auto const& each : callers_) each->conclude();
}

std::size_t load::sessions() const {
    return std::accumulate(callers_.begin(), callers_.end(), std::size_t{0},
                           [](std::size_t sum, auto const& each) { return sum + each->sessions(); });
}

std::vector<sample> load::samples() const {
    std::vector<sample> all;
    for (auto const& each : callers_) all.insert(all.end(), each->samples().begin(), each->samples().end());
    return all;
}

}  // namespace demo
