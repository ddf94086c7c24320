// Runs the operations of a runtime: in its own process, on claimed slots, with every exception as a failure.
#pragma once

#include "base/owner_process.hpp"
#include "report/event_bus.hpp"
#include "report/step_recorder.hpp"
#include "runtime/guarded.hpp"
#include "runtime/operation_counts.hpp"
#include "runtime/registry.hpp"
#include "swap/return_to_standby.hpp"

#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// A component's slot, with its operation held.
struct claimed_slot {
    std::shared_ptr<detail::slot> slot;
    held_turn turn;
};

/// Threads:  [any]
class operations {
public:
    /// `usable`: the reason that the options cannot be followed, if so; `run` refuses with it.
    operations(registry const& components, event_bus& events, event_sink const& sink,
               result<void> const& usable) noexcept
        : components_(components), events_(events), sink_(sink), usable_(usable) {}

    /// False in a child that was forked from the process of the runtime.
    bool is_owner() const noexcept { return home_.is_this(); }
    /// Errors:   other_process.
    result<void> expect_owner() const { return home_.expect_this(); }
    /// Whether this thread is within a call, or holds a lease, of any component.
    bool is_inside_any() const;

    /// Runs an operation on claimed slots. `f` gets the operations in the order of the names.
    /// Errors:   other_process, unknown_component, would_deadlock, busy, and those of `f`.
    template <class T, class F>
    result<T> run_on_all(std::span<std::string const> names, operation_mark const& mark, F&& f) {
        return within_memory([&]() -> result<T> {
            if (auto here = expect_owner(); !here) return here.error();
            std::list<step_recorder> recorders;
            for (auto const& name : names) {
                auto& made = recorders.emplace_back(sink_, name, mark);
                if (components_.find(name)) made.mark_old_serving();
            }
            auto done = guarded<T>(recorders.front(), [&]() -> result<T> {
                auto claimed = claim_all(names, recorders);
                if (!claimed) return claimed.error();
                std::vector<component_operation> of;
                auto steps = recorders.begin();
                for (auto const& each : *claimed) of.push_back({each.slot.get(), &*steps++});
                return f(std::span<component_operation const>(of));
            });
            events_.settle();
            return done;
        });
    }
    /// The same on one slot.
    template <class T, class F>
    result<T> run_on(std::string_view name, operation_mark const& mark, F&& f) {
        return within_memory([&]() -> result<T> {
            std::string const only(name);
            return run_on_all<T>(std::span(&only, 1), mark,
                                 [&](auto of) -> result<T> { return f(*of[0].of, *of[0].steps); });
        });
    }
    /// Runs an operation that claims no slot beforehand: it makes one, or is about all slots, with an empty
    /// `name`.
    /// Errors:   other_process, the error of `usable`, and those of `f`.
    template <class T, class F>
    result<T> run(std::string_view name, operation_mark const& mark, F&& f) {
        if (auto here = expect_owner(); !here) return here.error();
        step_recorder steps(sink_, std::string(name), mark);
        auto done = guarded<T>(steps, [&]() -> result<T> {
            if (!usable_) return steps.refused(usable_.error());
            return f(steps);
        });
        events_.settle();
        return done;
    }

    /// Counts a refused operation for those of `names` that are loaded.
    void count_refusal(std::vector<std::string> const& names, operation what, failure const& why) {
        for (auto const& name : names)
            if (components_.find(name)) counts_.note_refused(what, name, why.code);
    }
    operation_counts& counts() noexcept { return counts_; }

private:
    result<claimed_slot> claim(std::string_view name, step_recorder& steps) const;
    /// Claims all slots, in the order of their names, or none.
    result<std::vector<claimed_slot>> claim_all(std::span<std::string const> names,
                                                std::list<step_recorder>& recorders) const;

    owner_process const home_;
    registry const& components_;
    event_bus& events_;
    event_sink const& sink_;
    result<void> const& usable_;
    operation_counts counts_;
};

}  // namespace hotswap::detail
