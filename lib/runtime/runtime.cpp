#include <hotswap/runtime.hpp>

#include "base/refuse.hpp"
#include "runtime/core.hpp"
#include "slot/thread_registry.hpp"
#include "swap/lifecycle.hpp"
#include "swap/restore_change.hpp"
#include "transfer/snapshot.hpp"

#include <atomic>
#include <string>
#include <type_traits>
#include <utility>

namespace hotswap {

using namespace detail;

class runtime::implementation : public runtime_core {
public:
    using runtime_core::runtime_core;

    /// Of a chain: those that are not destroyed on purpose stay where a leak checker finds them.
    implementation* left_before = nullptr;
    static inline constinit std::atomic<implementation*> last_left{nullptr};
};

runtime::runtime(runtime_options options) : self_(std::make_unique<implementation>(std::move(options))) {
    auto const period = self_->options.checkpoint_period;
    if (period.count() <= 0) return;
    self_->checkpoints.emplace(thread_name("store"), period, [core = self_.get()]() noexcept {
        if (!core->set_is_here) return;  // nothing is loaded, or not all of it yet
        try {
            step_recorder steps(core->sink, "", operation::checkpoint);
            core->note_checkpoint(core->guarded<void>(steps, [&] { return core->checkpoint(steps); }));
        } catch (std::exception const&) {
            // No memory, not even to tell of it: the next period tries again.
        }
    });
}

result<runtime> runtime::open(runtime_options options) {
    runtime made(std::move(options));
    if (auto& kept = made.self_->kept; !kept) return kept.error();
    if (auto& probing = made.self_->probing; !probing) return probing.error();
    return made;
}

runtime::runtime(runtime&& from) noexcept = default;

runtime& runtime::operator=(runtime&& from) noexcept {
    runtime before(std::move(from));
    std::swap(self_, before.self_);
    return *this;
}

runtime::~runtime() {
    if (!self_) return;
    // In a forked child nothing of it may be destroyed: threads, files, locks and instances are the parent's.
    if (!self_->home.is_this()) {
        auto* const left = self_.release();
        left->left_before = implementation::last_left.exchange(left);
        return;
    }
    auto const until = self_->last_moment();
    if (!self_->end_own_work(until) || !self_->save_at_exit(until)) {
        self_->leave_behind();
        static_cast<void>(self_.release());
        return;
    }
    bool all_gone = true;
    for (auto const& slot : self_->components.last_loaded_first())
        all_gone = runtime_core::shut_down(slot) && all_gone;
    all_gone = self_->components.sweep_removed() && all_gone;
    if (all_gone) return;
    self_->events.publish(
        {std::chrono::system_clock::now(),
         level::error,
         "",
         operation::unload,
         0,
         phase::retire,
         outcome::failed,
         {},
         "the runtime is destroyed while its components are in use: their code stays mapped"});
    self_->leave_behind();
    static_cast<void>(self_.release());
}

result<runtime::gate_ptr> runtime::load_gate(std::string_view name, contract wanted,
                                             load_options const& options) {
    if (auto here = self_->home.expect_this(); !here) return here.error();
    step_recorder steps(self_->sink, std::string(name), operation::load);
    auto loaded = self_->guarded<gate_ptr>(steps, [&] { return self_->load(name, wanted, options, steps); });
    self_->events.settle();
    return loaded;
}

result<runtime::gate_ptr> runtime::find_gate(std::string_view name, contract wanted) const {
    if (auto here = self_->home.expect_this(); !here) return here.error();
    try {
        auto found = self_->components.find(name);
        if (!found) return found.error();
        auto way_in = (*found)->admit(wanted, {}, "it");
        if (way_in) return way_in;
        auto why = way_in.error();
        why.component = name;
        why.old_serving = true;
        return why;
    } catch (std::bad_alloc const&) {
        return runtime_core::no_memory(true);
    }
}

namespace {

// A set of one.
component_set only(std::string_view name, swap_options const& options) {
    component_set one{{std::string(name), options}};
    one.front().options.drain_deadline = swap_options().drain_deadline;
    one.front().options.pause_budget = swap_options().pause_budget;
    one.front().options.probation = {};
    return one;
}

set_options of_one(swap_options const& options) {
    return {options.drain_deadline, options.pause_budget, options.probation};
}

// That of the component which was named.
template <class Report>
auto first_of(result<Report> all) -> result<std::decay_t<decltype(all->components.front())>> {
    if (!all) return all.error();
    return std::move(all->components.front());
}

}  // namespace

result<swap_report> runtime::swap(std::string_view name, swap_options const& options) {
    return self_->within_memory([&] { return first_of(self_->swap(only(name, options), of_one(options))); });
}

result<set_report> runtime::swap(component_set const& set, set_options const& options) {
    return self_->within_memory([&] { return self_->swap(set, options); });
}

result<set_plan> runtime::plan(component_set const& set, set_options const& options) {
    return self_->within_memory([&] { return self_->plan(set, options); });
}

result<set_report> runtime::revert(component_set const& set, revert_options const& options) {
    return self_->within_memory([&] {
        std::vector<std::string> names;
        for (auto const& each : set) names.push_back(each.component);
        return self_->revert(std::move(names), options);
    });
}

result<swap_plan> runtime::plan(std::string_view name, swap_options const& options) {
    return self_->within_memory([&] { return first_of(self_->plan(only(name, options), of_one(options))); });
}

result<swap_report> runtime::revert(std::string_view name, revert_options const& options) {
    return self_->within_memory([&] { return first_of(self_->revert({std::string(name)}, options)); });
}

result<swap_report> runtime::restore(std::string_view name, std::span<std::byte const> frame,
                                     restore_options const& options) {
    return self_->operate<swap_report>(
        name, operation::restore, [&](slot& in, step_recorder& steps) -> result<swap_report> {
            if (auto free = self_->expect_no_probation(in, steps); !free) return free.error();
            std::vector<std::unique_ptr<change>> changes;
            changes.push_back(std::make_unique<restore_change>(in, frame, options.arguments, steps));
            component_operation const only{&in, &steps};
            auto done = self_->run_changes(
                std::span(&only, 1), std::move(changes),
                {.limits = {options.drain_deadline, options.pause_budget}, .keeper = self_->keeper()}, {});
            if (!done) return done.error();
            return std::move(done->front());
        });
}

result<std::vector<std::byte>> runtime::snapshot(std::string_view name) {
    return self_->operate<std::vector<std::byte>>(
        name, operation::snapshot, [&](slot& in, step_recorder& steps) { return take_snapshot(in, steps); });
}

result<unload_report> runtime::unload(std::string_view name, unload_options const& options) {
    auto done = self_->operate<unload_report>(
        name, operation::unload, [&](slot& in, step_recorder& steps) -> result<unload_report> {
            if (auto free = self_->expect_no_referrers(in, options, steps); !free) return free.error();
            auto report = detail::unload(in, steps, self_->keeper(), options.force);
            if (!report) return report;
            report->operation_id = steps.mark().id;
            report->started = steps.mark().started;
            self_->stop_watching(in);
            self_->components.remove(name);
            return report;
        });
    if (self_->home.is_this()) self_->drop_watches(true);
    return done;
}

result<std::vector<component_status>> runtime::recover(recover_options const& options) {
    if (auto here = self_->home.expect_this(); !here) return here.error();
    step_recorder steps(self_->sink, "", operation::recover);
    auto done = self_->guarded<void>(steps, [&] { return self_->recover(options, steps); });
    self_->events.settle();
    if (!done) return done.error();
    return status();
}

result<void> runtime::checkpoint() {
    if (auto here = self_->home.expect_this(); !here) return here.error();
    step_recorder steps(self_->sink, "", operation::checkpoint);
    auto done = self_->guarded<void>(steps, [&] { return self_->checkpoint(steps); });
    if (done) self_->note_checkpoint(done);
    self_->events.settle();
    return done;
}

std::vector<component_status> runtime::status() const {
    std::vector<component_status> all;
    if (!self_->home.is_this()) return all;
    self_->components.sweep_removed();
    std::optional<failing_checkpoint> failing;
    {
        mutex_lock const lock(self_->failing_mutex);
        failing = self_->failing;
    }
    for (auto const& in : self_->components.all()) {
        in->sweep_retained();
        auto facts = in->facts();
        auto const entrance = in->gate().get();
        auto const of = entrance->contract();
        all.push_back({in->name(), std::string(of.name) + " " + std::to_string(of.number),
                       std::move(facts.schema), std::move(facts.running), std::move(facts.source),
                       std::move(facts.previous_release), in->operation().is_taken(), facts.swaps,
                       facts.on_probation, std::move(facts.rolled_back), std::move(facts.retained),
                       std::move(facts.libraries), std::move(facts.warnings), failing,
                       std::move(facts.settings)});
    }
    return all;
}

subscription runtime::subscribe(std::function<void(event const&)> f) {
    if (!self_->home.is_this()) return {};
    return {self_->bus, self_->events.add(std::move(f))};
}

}  // namespace hotswap
