// The losses and errors of a run: its verdict.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

namespace chaos {

/// Prints each finding at once, so that an incomplete log has the first one.
/// Threads:  [any]
class findings {
public:
    void add(std::string const& what) {
        std::lock_guard const lock(mutex_);
        if (++count_ > printed) return;
        fmt::print("FINDING: {}\n", what);
        std::fflush(stdout);
    }
    template <class... Arguments>
    void expect(bool holds, fmt::format_string<Arguments...> claim, Arguments&&... with) {
        if (!holds) add("not so: " + fmt::format(claim, std::forward<Arguments>(with)...));
    }
    std::size_t count() const {
        std::lock_guard const lock(mutex_);
        return count_;
    }
    /// Prints the last line of a report; returns whether nothing was found.
    bool tell() const {
        std::lock_guard const lock(mutex_);
        if (count_ > printed) fmt::print("{} more findings were not printed\n", count_ - printed);
        fmt::print("{}\n", count_ == 0 ? "nothing was lost and nothing was wrong"
                                       : fmt::format("{} FINDINGS", count_));
        std::fflush(stdout);
        return count_ == 0;
    }

private:
    static constexpr std::size_t printed = 40;
    mutable std::mutex mutex_;
    std::size_t count_ = 0;  // guarded by mutex_
};

}  // namespace chaos
