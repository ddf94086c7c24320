// What was lost or wrong: the verdict of a run.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace chaos {

/// Threads:  [any]
class findings {
public:
    void add(std::string what) {
        std::lock_guard const lock(mutex_);
        ++count_;
        if (all_.size() < kept) all_.push_back(std::move(what));
    }
    template <class... Arguments>
    void expect(bool holds, fmt::format_string<Arguments...> claim, Arguments&&... with) {
        if (!holds) add("not so: " + fmt::format(claim, std::forward<Arguments>(with)...));
    }
    std::size_t count() const {
        std::lock_guard const lock(mutex_);
        return count_;
    }
    /// The last lines of a report; whether nothing was found.
    bool tell() const {
        std::lock_guard const lock(mutex_);
        for (auto const& each : all_) fmt::print("  {}\n", each);
        if (count_ > all_.size()) fmt::print("  … and {} more\n", count_ - all_.size());
        fmt::print("{}\n", count_ == 0 ? "nothing was lost and nothing was wrong"
                                       : fmt::format("{} FINDINGS", count_));
        std::fflush(stdout);
        return count_ == 0;
    }

private:
    static constexpr std::size_t kept = 40;
    mutable std::mutex mutex_;
    std::vector<std::string> all_;  // guarded by mutex_
    std::size_t count_ = 0;         // guarded by mutex_
};

}  // namespace chaos
