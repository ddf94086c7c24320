#include "under_load.hpp"

#include <array>
#include <atomic>
#include <barrier>
#include <charconv>
#include <random>
#include <thread>
#include <vector>

namespace bench {

namespace {

using clock = std::chrono::steady_clock;

enum stretch : int { before, during, after, over };

/// Calls from its construction on, and sorts the durations by the stretch in which they were.
class crew {
public:
    crew(std::uint64_t rows, row_call const& call) : taken_(callers), start_(callers + 1) {
        for (unsigned i = 0; i != callers; ++i)
            threads_.emplace_back([this, i, rows, &call] { work(i, rows, call); });
        start_.arrive_and_wait();
        enter(before);
    }
    ~crew() {
        now_ = over;
        for (auto& thread : threads_)
            if (thread.joinable()) thread.join();
    }
    crew(crew const&) = delete;
    crew& operator=(crew const&) = delete;

    void enter(stretch next) {
        began_[next] = clock::now();
        now_.store(next);
    }

    /// Ends the work.
    void finish() {
        enter(over);
        for (auto& thread : threads_) thread.join();
    }

    /// After `finish`.
    latency of(stretch which) const {
        histogram all;
        for (auto const& each : taken_) all.add(each[which]);
        std::chrono::duration<double> const length = began_[which + 1] - began_[which];
        return {static_cast<double>(all.size()) / length.count(), all.percentile(0.5), all.percentile(0.999),
                all.max()};
    }

private:
    void work(unsigned self, std::uint64_t rows, row_call const& call) {
        auto& taken = taken_[self];
        std::minstd_rand random(self + 1);
        std::uniform_int_distribution<std::uint64_t> any_row(0, rows - 1);
        std::array<char, 32> key{"key "};
        start_.arrive_and_wait();
        for (;;) {
            char const* const end = std::to_chars(key.data() + 4, key.end(), any_row(random)).ptr;
            std::string_view const name(key.data(), static_cast<std::size_t>(end - key.data()));
            bool const write = random() % 10 == 0;
            int const first = now_.load(std::memory_order_relaxed);
            auto const began = clock::now();
            call(name, write);
            auto const took = clock::now() - began;
            int const last = now_.load(std::memory_order_relaxed);
            if (last == over) return;
            taken[first == last ? first : during].count(took);
        }
    }

    std::atomic<int> now_{before};
    std::array<clock::time_point, 4> began_{};
    std::vector<std::array<histogram, 3>> taken_;
    std::barrier<> start_;
    std::vector<std::thread> threads_;
};

}  // namespace

swap_sample measure_under_load(std::uint64_t rows, row_call const& call,
                               std::function<double()> const& swap) {
    crew busy(rows, call);
    std::this_thread::sleep_for(window);
    busy.enter(during);
    swap_sample sample{.pause = swap()};
    busy.enter(after);
    std::this_thread::sleep_for(window);
    busy.finish();
    sample.before = busy.of(before);
    sample.during = busy.of(during);
    sample.after = busy.of(after);
    return sample;
}

}  // namespace bench
