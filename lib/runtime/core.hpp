// What a runtime is made of, behind its face.
#pragma once

#include "base/owner_process.hpp"
#include "base/refuse.hpp"
#include "durable/persistence.hpp"
#include "module/release.hpp"
#include "module/staging_area.hpp"
#include "rehearsal/rehearsals.hpp"
#include "report/event_bus.hpp"
#include "report/step_recorder.hpp"
#include "runtime/periodic.hpp"
#include "runtime/registry.hpp"
#include "runtime/said_once.hpp"
#include "slot/thread_probe.hpp"
#include "store/store.hpp"
#include "swap/lifecycle.hpp"
#include "swap/probation_watch.hpp"
#include "swap/return_to_standby.hpp"
#include "swap/transaction.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/runtime.hpp>

#include <atomic>
#include <exception>
#include <filesystem>
#include <list>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// Which modules are let in; links are not followed below the modules directory.
module_policy trust_of(runtime_options const& options);
/// What variables of the environment add to them.
runtime_options with_variables(runtime_options options);
/// "2026-11-26T14:08:24Z", of nanoseconds since 1970.
std::string date(std::int64_t nanoseconds);
/// Null without a store in the options.
result<std::unique_ptr<store>> open_store(runtime_options const& options);

/// The components of a host and what their operations stand on.
class runtime_core {
public:
    explicit runtime_core(runtime_options given)
        : options(with_variables(std::move(given))),
          trials(options.rehearsal, options.rehearse),
          bus(std::make_shared<event_bus>(options.log_to_stderr, options.log_level)),
          events(*bus),
          staging(options.staging, trust_of(options)),
          kept(open_store(options)),
          probing(options.thread_probe_signal == 0 ? result<void>()
                                                   : take_probe_signal(options.thread_probe_signal)),
          sink([this](event const& what) { events.publish(what); }) {
        if (kept && *kept) keeping.emplace(**kept);
        if (!options.clock) options.clock = [] { return std::chrono::system_clock::now(); };
        if (options.keep_code) staging.keep_files();
    }

    /// The component's slot, with its operation held.
    struct claim {
        std::shared_ptr<slot> in;
        held_turn turn;
    };

    /// Null: there is none, or it could not be opened.
    persistence* keeper() noexcept { return keeping ? &*keeping : nullptr; }
    /// Errors:   why the store could not be opened; no_store if there is none.
    result<persistence*> expect_store() noexcept;
    /// Errors:   those of the store; invalid_argument while it holds a set that was not recovered.
    result<void> expect_to_load();
    /// The last committed set.
    result<void> recover(recover_options const& how, step_recorder& steps);
    result<void> checkpoint(step_recorder& steps);
    /// Before the components are destroyed: saves their states, if there is a store with a set that is in memory.
    /// Effects:  what goes wrong is an event. False after the deadline: a thread is still at work on this object.
    bool save_at_exit(std::chrono::steady_clock::time_point until) noexcept;
    bool save_by(std::chrono::steady_clock::time_point until);
    /// Ends the periodic checkpoints and the watches of probations. False after the deadline, as above.
    bool end_own_work(std::chrono::steady_clock::time_point until) noexcept;
    /// Until when a runtime that is destroyed now waits for that.
    std::chrono::steady_clock::time_point last_moment() const;
    void end_probations_in_store();

    host_context host_context_of(std::string name);
    /// What a component that is recovered was set, as the store has it.
    settings stored_settings(slot& in, first_module const& from);
    /// How the periodic checkpoint ended, for `status`.
    void note_checkpoint(result<void> const& done);
    bool is_inside_any() const;
    result<claim> claim_slot(std::string_view name, step_recorder& steps);
    /// All of them, taken in the order of their names, or none.
    result<std::vector<claim>> claim_all(std::span<std::string const> names,
                                         std::list<step_recorder>& recorders);
    result<chosen_module> find_module(module_ref const& wanted, std::string_view family,
                                      choice_rules const& rules) const;
    /// What may take the slot's place.
    choice_rules rules_for(slot const& in, swap_options const& wanted) const;
    /// Says once for each file that it was passed over.
    void tell_passed_over(chosen_module const& chosen, step_recorder& steps);
    result<replacement> choose(slot const& in, swap_options const& options, step_recorder& steps);
    /// Errors:   busy, while the running generation is on probation and has not failed it.
    static result<void> expect_no_probation(slot const& in, step_recorder& steps);
    /// Errors:   in_use, while other components hold handles to it, unless the options force it: then they are named by a
    ///           warning.
    static result<void> expect_no_referrers(slot const& in, unload_options const& options,
                                            step_recorder& steps);
    /// All components of a set as one.
    result<set_report> swap(component_set const& set, set_options const& options);
    result<set_plan> plan(component_set const& set, set_options const& options);
    /// `names` and what is on probation together with them.
    result<set_report> revert(std::vector<std::string> names, revert_options const& options);
    /// Runs changes of the components that `of` names; on probation, if the terms have one.
    result<std::vector<swap_report>> run_changes(std::span<component_operation const> of,
                                                 std::vector<std::unique_ptr<change>> changes,
                                                 transaction_terms terms, probation const& watched_by);
    /// The change that takes a component back to the file that ran before.
    result<std::unique_ptr<change>> change_back(component_operation const& of, revert_options const& options);
    /// Stops the probation watches of this slot, except `but`. The caller holds the slot's operation and decides what
    /// happens to the generation.
    void stop_watching(slot const& in, probation_watch const* but = nullptr) noexcept;
    /// The names, and those of the components that are on probation together with one of them.
    std::vector<std::string> with_partners(std::vector<std::string> names);
    /// Joins the watches that are over, and also waits for those that were stopped. The caller holds no slot's operation.
    void drop_watches(bool stopped_too);
    result<std::shared_ptr<gate>> load(std::string_view name, contract wanted, load_options const& options,
                                       step_recorder& steps);
    result<std::shared_ptr<gate>> load_into(std::shared_ptr<slot> made, first_module const& from,
                                            load_options const& how, step_recorder& steps,
                                            persistence* keeper);
    /// For a core that is not destroyed, because code of it still runs: from now on it lets no call in, begins no job, and
    /// calls no subscriber, which may be gone.
    void leave_behind() noexcept;
    /// False if code of the component may still run or call the host.
    static bool shut_down(std::shared_ptr<slot> in) noexcept;

    /// Runs an operation on claimed slots; what even its RAII could not turn into a value is turned here. `f` gets the
    /// operations in the order of the names.
    template <class T, class F>
    result<T> operate_all(std::span<std::string const> names, operation_mark const& mark, F&& f) {
        return within_memory([&]() -> result<T> {
            if (auto here = home.expect_this(); !here) return here.error();
            std::list<step_recorder> recorders;
            for (auto const& name : names) {
                auto& made = recorders.emplace_back(sink, name, mark);
                if (components.find(name)) made.mark_old_serving();
            }
            auto done = guarded<T>(recorders.front(), [&]() -> result<T> {
                auto claimed = claim_all(names, recorders);
                if (!claimed) return claimed.error();
                std::vector<component_operation> of;
                auto steps = recorders.begin();
                for (auto const& each : *claimed) of.push_back({each.in.get(), &*steps++});
                return f(std::span<component_operation const>(of));
            });
            events.settle();
            return done;
        });
    }
    /// The same with one of them.
    template <class T, class F>
    result<T> operate(std::string_view name, operation_mark const& mark, F&& f) {
        return within_memory([&]() -> result<T> {
            std::string const only(name);
            return operate_all<T>(std::span(&only, 1), mark,
                                  [&](auto of) -> result<T> { return f(*of[0].of, *of[0].steps); });
        });
    }

    /// What `f` answers; that the host is out of memory, as a value, if it throws std::bad_alloc before anything was done.
    template <class F>
    static auto within_memory(F&& f) -> decltype(f()) {
        try {
            return f();
        } catch (std::bad_alloc const&) {
            return no_memory(true);
        }
    }

    // Made without any.
    static failure no_memory(bool old_serving) noexcept {
        failure why;
        why.code = errc::out_of_memory;
        why.old_serving = old_serving;
        why.message = "no memory";
        return why;
    }

    template <class T, class F>
    result<T> guarded(step_recorder& steps, F&& f) {
        try {
            return f();
        } catch (std::bad_alloc const&) {
            try {
                return steps.refused(refuse(errc::out_of_memory, phase::none,
                                            "the host is out of memory{}; free some",
                                            steps.committed() ? ", the new generation serves" : ""));
            } catch (std::bad_alloc const&) {
                return no_memory(!steps.committed());
            }
        } catch (std::exception const& e) {
            return steps.refused(
                refuse(errc::limit_reached, phase::none, "the system refused: {}", e.what()));
        }
    }

    owner_process const home;
    runtime_options options;
    rehearsals trials;
    std::shared_ptr<event_bus> const bus;
    event_bus& events;
    staging_area staging;
    result<std::unique_ptr<store>> const kept;  // null without a store
    result<void> const probing;                 // whether the signal of the options may be used
    std::optional<persistence> keeping;
    std::atomic<bool> is_left_behind{false};  // then what the options refer to may be gone
    std::atomic<bool> set_is_here{
        false};  // what the store holds is in memory, or is nothing: it may be written
    mutex failing_mutex;
    std::optional<failing_checkpoint> failing HOTSWAP_GUARDED_BY(failing_mutex);
    pause_turns turns{
        [this](std::string_view from, std::string_view to) { return components.leads_to(from, to); }};
    registry components;
    event_sink const sink;
    std::optional<periodic> checkpoints;
    mutex watches_mutex;
    std::vector<std::unique_ptr<probation_watch>> watches HOTSWAP_GUARDED_BY(watches_mutex);
    said_once passed_over;
};

}  // namespace hotswap::detail
