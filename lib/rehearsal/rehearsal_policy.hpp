// The rehearsals of one runtime: when they are wanted, who does them, and which modules have passed.
#pragma once

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/report/rehearsal.hpp>
#include <hotswap/options.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace hotswap::detail {

/// How long the steps of a swap took in a rehearsal.
struct measured_steps {
    std::uint32_t version = 0;              ///< of the state that was read
    std::uint64_t bytes = 0;                ///< of its serialized form
    std::chrono::nanoseconds exporting{0};  ///< 0 where a frame of the host's own was read
    std::chrono::nanoseconds importing{0};  ///< and migrating, rows included
    std::chrono::nanoseconds proving{0};    ///< validating and constructing
};

/// A module passes next to the one that runs, not on its own: what two of them cannot both have depends on both.
struct tried_pair {
    std::string next;     ///< by digest
    std::string running;  ///< by digest

    auto operator<=>(tried_pair const&) const = default;
};

/// Threads:  [any]
class rehearsal_policy {
public:
    rehearsal_policy(rehearsal_options options, std::optional<rehearse> usual);

    rehearsal_options const& options() const noexcept { return options_; }
    /// Whether an option asked for what is done, so that doing without it is refused.
    bool are_asked_for(std::optional<rehearse> by_swap) const noexcept { return by_swap || usual_; }
    /// Whether a file is to be rehearsed, in a swap that asks for `by_swap`.
    bool want(std::optional<rehearse> by_swap, tried_pair const& files) const;
    void has_passed(tried_pair const& files, measured_steps const& measured);
    /// What its last rehearsal took; empty: it has passed none.
    std::optional<measured_steps> passed(tried_pair const& files) const;

    /// The program that rehearses; empty if there is none.
    std::filesystem::path find_helper() const;
    /// True for the first who asks: a missing helper is worth one warning.
    bool is_first_without_helper();

private:
    rehearsal_options const options_;
    std::optional<rehearse> const usual_;

    mutable mutex mutex_;
    std::map<tried_pair, measured_steps> passed_ HOTSWAP_GUARDED_BY(mutex_);
    bool warned_ HOTSWAP_GUARDED_BY(mutex_) = false;
};

}  // namespace hotswap::detail
