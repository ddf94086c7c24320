// The host's functions for components without a runtime: the part of a fake host that a component calls.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/sdk/boundary.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::testing {

/// A line that a component has logged.
struct log_line {
    level severity = level::info;
    std::string text{};

    bool operator==(log_line const&) const = default;
};

}  // namespace hotswap::testing

namespace hotswap::detail {

/// A neighbour that a test provides: the address of its object for each revision of its contract.
struct fake_neighbour {
    struct revision {
        std::string contract;
        std::uint32_t number = 0;
        void* object = nullptr;
    };
    std::string name;
    std::vector<revision> revisions;  ///< the newest first; empty: the neighbour is gone
};

class fake_seat;

/// What all instances on one fake host share: clock, log, jobs and neighbours. Its mutex guards all of it and
/// is never held while a component's code runs.
class fake_services {
public:
    using nanoseconds = std::chrono::nanoseconds;
    using time_point = std::chrono::sys_time<nanoseconds>;

    struct job {
        fake_seat* owner;
        abi::job work;
        nanoseconds period{0};  // 0: a post
        time_point due{};
    };

    explicit fake_services(time_point begin) : now_(begin) {}
    fake_services(fake_services const&) = delete;
    ~fake_services() {
        drop([](job const&) { return true; });
    }

    time_point now() const {
        mutex_lock const lock(mutex_);
        return now_;
    }

    /// Moves the clock and runs the jobs that fall due, in the order of their times.
    void advance(nanoseconds by) {
        auto const end = now() + by;
        for (std::size_t in_this_moment = 0; auto next = take_due(end, in_this_moment);) {
            abi::error why;
            auto const outcome = next->work.run(next->work.context, &why);
            if (next->period == nanoseconds{0}) next->work.destroy(next->work.context);
            sdk::expect_ok(outcome, why);
        }
        mutex_lock const lock(mutex_);
        now_ = end;
    }

    std::size_t count_jobs(bool posts) const {
        mutex_lock const lock(mutex_);
        return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), [posts](auto const& each) {
            return (each->period == nanoseconds{0}) == posts;
        }));
    }

    void add(job what) {
        mutex_lock const lock(mutex_);
        what.due = now_ + std::max(what.due.time_since_epoch(), nanoseconds{0});
        jobs_.push_back(std::make_shared<job>(what));
    }

    template <class Doomed>
    void drop(Doomed doomed) {
        std::list<std::shared_ptr<job>> dropped;
        {
            mutex_lock const lock(mutex_);
            for (auto each = jobs_.begin(); each != jobs_.end();) {
                auto const at = each++;
                if (doomed(**at)) dropped.splice(dropped.end(), jobs_, at);
            }
            for (auto each = listeners_.begin(); each != listeners_.end();) {
                auto const at = each++;
                if (!doomed(*at->what)) continue;
                dropped.push_back(at->what);
                listeners_.erase(at);
            }
        }
        for (auto const& each : dropped) each->work.destroy(each->work.context);
    }

    void add_listener(job what, std::string to) {
        mutex_lock const lock(mutex_);
        listeners_.push_back({std::make_shared<job>(what), std::move(to)});
    }
    /// Runs the listeners to the component `name`.
    void announce(std::string_view name) {
        std::vector<std::shared_ptr<job>> heard;
        {
            mutex_lock const lock(mutex_);
            for (auto const& each : listeners_)
                if (each.to == name && !is_silent(*each.what->owner)) heard.push_back(each.what);
        }
        for (auto const& each : heard) {
            abi::error why;
            sdk::expect_ok(each->work.run(each->work.context, &why), why);
        }
    }

    void log(level severity, std::string_view text) {
        mutex_lock const lock(mutex_);
        lines_.push_back({severity, std::string(text)});
    }
    std::vector<testing::log_line> lines() const {
        mutex_lock const lock(mutex_);
        return lines_;
    }
    void forget_lines() {
        mutex_lock const lock(mutex_);
        lines_.clear();
    }

    void provide(std::string_view name, std::vector<fake_neighbour::revision> revisions) {
        mutex_lock const lock(mutex_);
        auto& known = neighbours_[std::string(name)];
        if (known == nullptr) known = std::make_shared<fake_neighbour>();
        known->name = name;
        known->revisions = std::move(revisions);
    }

    /// The neighbour `name`; if it does not fit, the reason in `why`.
    std::shared_ptr<fake_neighbour> find(std::string_view name, contract const& wanted, std::string& why) {
        mutex_lock const lock(mutex_);
        auto const known = neighbours_.find(name);
        if (known == neighbours_.end() || known->second->revisions.empty()) {
            why = "no component \"" + std::string(name) + "\" is there: fake_host::provide provides one";
            return nullptr;
        }
        if (object_of(*known->second, wanted) != nullptr) return known->second;
        auto const& newest = known->second->revisions.front();
        why = "\"" + std::string(name) + "\" implements the contract " + newest.contract + " " +
              std::to_string(newest.number) + ", asked for was " + std::string(wanted.name) + " " +
              std::to_string(wanted.number);
        return nullptr;
    }

    /// The object behind a handle, as it is now; null if it is gone.
    void* enter(fake_neighbour const& which, contract const& wanted) const {
        mutex_lock const lock(mutex_);
        return object_of(which, wanted);
    }

private:
    friend class fake_seat;

    static constexpr std::size_t most_in_a_moment = 100'000;

    static void* object_of(fake_neighbour const& which, contract const& wanted) noexcept {
        for (auto const& each : which.revisions)
            if (each.contract == wanted.name && each.number == wanted.number) return each.object;
        return nullptr;
    }

    struct listener {
        std::shared_ptr<job> what;
        std::string to;
    };

    static bool is_silent(fake_seat const& owner) noexcept;
    std::shared_ptr<job> take_due(time_point end, std::size_t& in_this_moment);

    mutable mutex mutex_;
    time_point now_ HOTSWAP_GUARDED_BY(mutex_);
    std::vector<testing::log_line> lines_ HOTSWAP_GUARDED_BY(mutex_);
    std::list<std::shared_ptr<job>> jobs_ HOTSWAP_GUARDED_BY(mutex_);
    std::list<listener> listeners_ HOTSWAP_GUARDED_BY(mutex_);
    std::map<std::string, std::shared_ptr<fake_neighbour>, std::less<>> neighbours_
        HOTSWAP_GUARDED_BY(mutex_);
};

/// The place of one instance on a fake host: the context of its host functions.
class fake_seat {
public:
    struct surroundings {
        hotswap::settings settings{};
        std::string origin{};
        bool rehearsing = false;
    };

    fake_seat(fake_services& host, surroundings around) : services(host), around_(std::move(around)) {
        for (auto const& [name, value] : around_.settings)
            settings_.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    }
    fake_seat(fake_seat const&) = delete;
    fake_seat& operator=(fake_seat const&) = delete;
    ~fake_seat() { retire(); }

    static abi::host_api const& api() noexcept;

    /// Destroys its timers and posts and takes no more of them, as the runtime does before it destroys an
    /// instance.
    void retire() {
        retired = true;
        services.drop([this](fake_services::job const& each) { return each.owner == this; });
    }

    /// Tells its listeners, as the runtime does when the gate closes, and when it opens again.
    void drain(bool begins) {
        if (draining.exchange(begins) == begins) return;
        mutex_lock const lock(drains_mutex_);
        for (auto* each = listeners_; each != nullptr; each = each->next) each->told(each->context, begins);
    }

    bool rehearsing() const noexcept { return around_.rehearsing; }

    fake_services& services;
    std::atomic<bool> draining{false};
    std::atomic<bool> retired{false};
    std::atomic<std::size_t> pins{0};

private:
    friend struct fake_functions;

    surroundings const around_;
    std::vector<abi::argument> settings_;
    mutex drains_mutex_;
    abi::drain_listener* listeners_ HOTSWAP_GUARDED_BY(drains_mutex_) = nullptr;
};

// Those of an instance that drains, or is rehearsed, do not run.
inline bool fake_services::is_silent(fake_seat const& owner) noexcept {
    return owner.draining || owner.rehearsing();
}

// Takes the next job due until `end`: the earliest, of several the one that was asked for first. The jobs of
// an instance whose gate is closed wait.
inline std::shared_ptr<fake_services::job> fake_services::take_due(time_point end,
                                                                   std::size_t& in_this_moment) {
    mutex_lock const lock(mutex_);
    auto found = jobs_.end();
    for (auto each = jobs_.begin(); each != jobs_.end(); ++each) {
        job const& at = **each;
        if (at.due > end || is_silent(*at.owner)) continue;
        if (found == jobs_.end() || at.due < (*found)->due) found = each;
    }
    if (found == jobs_.end()) return nullptr;
    auto const next = *found;
    in_this_moment = next->due > now_ ? 0 : in_this_moment + 1;
    if (in_this_moment > most_in_a_moment)
        throw std::logic_error(
            "fake_host::advance: more than 100000 jobs in one moment: a job posts itself again and again");
    now_ = std::max(now_, next->due);
    if (next->period == nanoseconds{0})
        jobs_.erase(found);
    else
        next->due = std::max(next->due + next->period, now_ + next->period / 2);  // as the runtime does
    return next;
}

}  // namespace hotswap::detail
