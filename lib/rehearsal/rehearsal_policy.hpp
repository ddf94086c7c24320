// The rehearsals of one runtime: when they are wanted, the helper program, and the modules that have passed.
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

/// The durations of a swap's steps in a rehearsal.
struct measured_steps {
    std::uint32_t version = 0;              ///< of the state that was read
    std::uint64_t bytes = 0;                ///< of its serialized form
    std::chrono::nanoseconds exporting{0};  ///< 0 if a frame of the host's own was read
    std::chrono::nanoseconds importing{0};  ///< and migrating, rows included
    std::chrono::nanoseconds proving{0};    ///< validating and constructing
};

/// A module passes next to the running one, not alone: a conflict over an exclusive resource depends on both.
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
    /// Whether an option requests the rehearsal, so that a swap without one is refused.
    bool are_asked_for(std::optional<rehearse> by_swap) const noexcept { return by_swap || usual_; }
    /// Whether to rehearse a file in a swap with the option `by_swap`.
    bool want(std::optional<rehearse> by_swap, tried_pair const& files) const;
    void has_passed(tried_pair const& files, measured_steps const& measured);
    /// The durations of its last rehearsal; empty: it has passed none.
    std::optional<measured_steps> passed(tried_pair const& files) const;

    /// The program that rehearses; empty if there is none.
    std::filesystem::path find_helper() const;
    /// True for the first call: a missing helper causes only one warning.
    bool is_first_without_helper();

private:
    rehearsal_options const options_;
    std::optional<rehearse> const usual_;

    mutable mutex mutex_;
    std::map<tried_pair, measured_steps> passed_ HOTSWAP_GUARDED_BY(mutex_);
    bool warned_ HOTSWAP_GUARDED_BY(mutex_) = false;
};

}  // namespace hotswap::detail
