#include "transfer/pause.hpp"

#include "base/refuse.hpp"

#include <hotswap/report.hpp>

#include <algorithm>

namespace hotswap::detail {

result<void> pause::drain() const {
    // A deadline of years must not overflow the clock.
    auto const longest =
        std::min<std::chrono::nanoseconds>(limits_.drain_deadline, std::chrono::hours(24 * 365));
    auto const allowed = has_budget() ? std::min(longest, budget()) : longest;
    if (gate_.wait_until_drained(began_ + allowed)) return {};
    std::uint64_t const out = gate_.leases();
    if (has_budget() && allowed == budget())
        return refuse(
            errc::pause_budget_exceeded, phase::drain,
            "{} lease{} still out after the pause budget of {}: {}; give it more, or keep leases short", out,
            out == 1 ? " is" : "s are", to_string(budget()), gate_.holders());
    return refuse(
        errc::drain_timeout, phase::drain,
        "{} lease{} still out after the drain deadline of {}: {}; keep leases short, or set a longer "
        "drain_deadline",
        out, out == 1 ? " is" : "s are", to_string(limits_.drain_deadline), gate_.holders());
}

result<void> pause::check_budget() const {
    auto const so_far = length();
    if (!has_budget() || so_far <= budget()) return {};
    return refuse(
        errc::pause_budget_exceeded, phase::none,
        "the pause has taken {} already, its budget is {}; give it more, or try the handoff transfer",
        to_string(so_far), to_string(budget()));
}

}  // namespace hotswap::detail
