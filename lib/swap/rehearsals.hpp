// The rehearsals of one runtime: when they are wanted, who does them, and which modules have passed.
#pragma once

#include <hotswap/swap/options.hpp>
#include <hotswap/swap/rehearsal.hpp>

#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace hotswap::detail {

/// Threads:  [any]
class rehearsals {
public:
    rehearsals(rehearsal_options options, std::optional<rehearse> usual);

    rehearsal_options const& options() const noexcept { return options_; }
    /// Whether somebody asked for what is done, so that doing without it is refused.
    bool are_asked_for(std::optional<rehearse> by_swap) const noexcept { return by_swap || usual_; }
    /// Whether a file of that digest is to be rehearsed, in a swap that asks for `by_swap`.
    bool want(std::optional<rehearse> by_swap, std::string const& digest) const;
    void has_passed(std::string const& digest);

    /// The program that rehearses; empty if there is none.
    std::filesystem::path find_helper() const;
    /// True for the first who asks: a missing helper is worth one warning.
    bool is_first_without_helper();

private:
    rehearsal_options const options_;
    std::optional<rehearse> const usual_;

    mutable std::mutex mutex_;
    std::set<std::string> passed_;  // guarded by mutex_
    bool warned_ = false;           // guarded by mutex_
};

}  // namespace hotswap::detail
