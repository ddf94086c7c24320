#include "swap/pause.hpp"

#include "base/refuse.hpp"

#include <hotswap/swap/report.hpp>

#include <algorithm>

namespace hotswap::detail {

result<void> pause::drain(std::chrono::nanoseconds deadline) const {
    // A deadline of years must not overflow the clock.
    auto const longest = std::min<std::chrono::nanoseconds>(deadline, std::chrono::hours(24 * 365));
    auto const allowed = budget_.count() > 0 ? std::min(longest, budget_) : longest;
    if (gate_.wait_until_drained(began_ + allowed)) return {};
    std::uint64_t const out = gate_.leases();
    if (budget_.count() > 0 && allowed == budget_)
        return refuse(
            errc::pause_budget_exceeded, phase::drain,
            "{} lease{} still out after the pause budget of {}: {}; give it more, or keep leases short", out,
            out == 1 ? " is" : "s are", to_string(budget_), gate_.holders());
    return refuse(
        errc::drain_timeout, phase::drain,
        "{} lease{} still out after the drain deadline of {}: {}; keep leases short, or set a longer "
        "drain_deadline",
        out, out == 1 ? " is" : "s are", to_string(deadline), gate_.holders());
}

result<void> pause::check_budget() const {
    auto const so_far = length();
    if (budget_.count() <= 0 || so_far <= budget_) return {};
    return refuse(
        errc::pause_budget_exceeded, phase::none,
        "the pause has taken {} already, its budget is {}; give it more, or try the handoff transfer",
        to_string(so_far), to_string(budget_));
}

}  // namespace hotswap::detail
