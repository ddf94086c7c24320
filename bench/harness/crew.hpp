// Callers that nothing throttles, and how long their calls took in each stretch of a swap.
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

/// How many callers there are.
inline constexpr unsigned callers = 2;

/// The call that is measured. `key` is one of "key 0" …
using row_call = std::function<void(std::string_view key, deed what)>;

/// What a swap is doing, in this order; a swap that is not taken apart is all `pause`.
enum class stretch : unsigned { before, precopy, pause, freeing, after, over };

/// Calls from its construction on, and sorts the durations by the stretch in which they were. A call that reaches
/// from one into another belongs to the one that is nearer to the pause.
/// Threads:  all members on the one that made it.
class crew {
public:
    /// `ask` makes what one caller asks for; `call` is used by all of them at once.
    crew(std::function<requests(unsigned seed)> const& ask, row_call const& call);
    ~crew();
    crew(crew const&) = delete;
    crew& operator=(crew const&) = delete;

    /// Begins a stretch; the first is `before`.
    void enter(stretch next) noexcept;
    /// Ends the work.
    void finish();
    /// What they noticed in a stretch; zeros if there was none. After `finish`.
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
