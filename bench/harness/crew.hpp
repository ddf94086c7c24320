// Callers without throttling, and the durations of their calls in each stretch of a swap.
#pragma once

#include "harness/latency.hpp"
#include "harness/requests.hpp"

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

namespace bench {

/// The number of callers.
inline constexpr unsigned callers = 2;

/// The measured call. `key` is one of "key 0" …
using row_call = std::function<void(std::string_view key, deed what)>;

/// The stretches of a swap, in this order; a swap that is measured as a whole is only `pause`.
enum class stretch : unsigned { before, precopy, pause, freeing, after, over };

/// Calls from its construction on, and sorts the durations by stretch. A call that begins in one stretch and
/// ends in another belongs to the one that is nearer to the pause.
/// Threads:  call all members on the thread that made the crew.
class crew {
public:
    /// `ask` makes the requests of one caller; all callers use `call` at once.
    crew(std::function<requests(unsigned seed)> const& ask, row_call const& call);
    ~crew();
    crew(crew const&) = delete;
    crew& operator=(crew const&) = delete;

    /// Begins a stretch; the first is `before`.
    void enter(stretch next) noexcept;
    /// Ends the work.
    void finish();
    /// The callers' latencies in a stretch; zeros without calls. After `finish`.
    latency of(stretch which) const;

private:
    static constexpr auto stretches = static_cast<std::size_t>(stretch::over);

    void work(unsigned self, requests ask, row_call const& call);

    std::atomic<stretch> now_{stretch::before};
    std::chrono::steady_clock::time_point since_{};
    std::array<std::chrono::duration<double>, stretches + 1> lengths_{};
    std::vector<std::array<histogram, stretches>> taken_;
    std::barrier<> start_;
    std::vector<std::thread> threads_;
};

}  // namespace bench
