#include "harness/crew.hpp"

#include <charconv>

namespace bench {

namespace {

using clock = std::chrono::steady_clock;

std::size_t number_of(stretch which) { return static_cast<std::size_t>(which); }

stretch nearest_to_pause(stretch first, stretch last) {
    if (last < stretch::pause) return last;
    return first > stretch::pause ? first : stretch::pause;
}

}  // namespace

crew::crew(std::function<requests(unsigned seed)> const& ask, row_call const& call)
    : taken_(callers), start_(callers + 1) {
    for (unsigned i = 0; i != callers; ++i)
        threads_.emplace_back([this, i, asked = ask(i + 1), &call] { work(i, asked, call); });
    start_.arrive_and_wait();
    since_ = clock::now();
}

crew::~crew() {
    now_ = stretch::over;
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

void crew::enter(stretch next) noexcept {
    auto const now = clock::now();
    lengths_[number_of(now_.exchange(next))] += now - since_;
    since_ = now;
}

void crew::finish() {
    enter(stretch::over);
    for (auto& thread : threads_) thread.join();
}

latency crew::of(stretch which) const {
    histogram all;
    for (auto const& each : taken_) all.add(each[number_of(which)]);
    double const seconds = lengths_[number_of(which)].count();
    if (seconds == 0) return {};
    return {static_cast<double>(all.size()) / seconds, all.percentile(0.5), all.percentile(0.999), all.max()};
}

void crew::work(unsigned self, requests ask, row_call const& call) {
    auto& taken = taken_[self];
    std::array<char, 32> key{"key "};
    start_.arrive_and_wait();
    for (;;) {
        auto const [row, what] = ask();
        char const* const end = std::to_chars(key.data() + 4, key.end(), row).ptr;
        std::string_view const name(key.data(), static_cast<std::size_t>(end - key.data()));
        auto const first = now_.load(std::memory_order_relaxed);
        auto const began = clock::now();
        call(name, what);
        auto const took = clock::now() - began;
        auto const last = now_.load(std::memory_order_relaxed);
        if (last == stretch::over) return;
        taken[number_of(first == last ? first : nearest_to_pause(first, last))].count(took);
    }
}

}  // namespace bench
