#include <hotswap/runtime.hpp>

#include "runtime/implementation.hpp"
#include "transfer/snapshot.hpp"

#include <string>
#include <type_traits>
#include <utility>

namespace hotswap {

using namespace detail;

runtime::runtime(runtime_options options) : self_(std::make_unique<implementation>(std::move(options))) {}

result<runtime> runtime::open(runtime_options options) {
    runtime made(std::move(options));
    if (auto opened = made.self_->store_.opened(); !opened) return opened.error();
    if (auto const& probing = made.self_->probing_; !probing) return probing.error();
    return made;
}

runtime::runtime(runtime&& from) noexcept = default;

runtime& runtime::operator=(runtime&& from) noexcept {
    runtime before(std::move(from));
    std::swap(self_, before.self_);
    return *this;
}

runtime::~runtime() {
    if (self_) implementation::end(self_);
}

result<runtime::gate_ptr> runtime::load_gate(std::string_view name, contract wanted,
                                             load_options const& options) {
    return self_->operations_.run<gate_ptr>(name, operation::load, [&](step_recorder& steps) {
        return self_->loader_.load(name, wanted, options, steps);
    });
}

result<runtime::gate_ptr> runtime::find_gate(std::string_view name, contract wanted) const {
    return within_memory([&]() -> result<gate_ptr> {
        if (auto here = self_->operations_.expect_owner(); !here) return here.error();
        auto found = self_->components_.find(name);
        if (!found) return found.error();
        auto way_in = (*found)->admit(wanted, {}, "it");
        if (way_in) return way_in;
        auto why = way_in.error();
        why.component = name;
        why.old_serving = true;
        return why;
    });
}

namespace {

// A set of one.
component_set only(std::string_view name, swap_options const& options) {
    component_set one{{std::string(name), options}};
    one.front().options.drain_deadline = swap_options().drain_deadline;
    one.front().options.pause_budget = swap_options().pause_budget;
    one.front().options.probation = {};
    one.front().options.stop = {};
    return one;
}

set_options of_one(swap_options const& options) {
    return {options.drain_deadline, options.pause_budget, options.probation, options.stop};
}

// The report of the component that was named.
template <class Report>
auto first_of(result<Report> all) -> result<std::decay_t<decltype(all->components.front())>> {
    if (!all) return all.error();
    return std::move(all->components.front());
}

}  // namespace

result<swap_report> runtime::swap(std::string_view name, swap_options const& options) {
    return within_memory([&] { return first_of(self_->sets_.swap(only(name, options), of_one(options))); });
}

result<set_report> runtime::swap(component_set const& set, set_options const& options) {
    return within_memory([&] { return self_->sets_.swap(set, options); });
}

result<swap_plan> runtime::plan(std::string_view name, swap_options const& options) {
    return within_memory([&] { return first_of(self_->sets_.plan(only(name, options), of_one(options))); });
}

result<set_plan> runtime::plan(component_set const& set, set_options const& options) {
    return within_memory([&] { return self_->sets_.plan(set, options); });
}

result<swap_report> runtime::revert(std::string_view name, revert_options const& options) {
    return within_memory([&] { return first_of(self_->sets_.revert({std::string(name)}, options)); });
}

result<set_report> runtime::revert(component_set const& set, revert_options const& options) {
    return within_memory([&] {
        std::vector<std::string> names;
        for (auto const& each : set) names.push_back(each.component);
        return self_->sets_.revert(std::move(names), options);
    });
}

result<swap_report> runtime::restore(std::string_view name, std::span<std::byte const> frame,
                                     restore_options const& options) {
    return self_->sets_.restore(name, frame, options);
}

result<std::vector<std::byte>> runtime::snapshot(std::string_view name) {
    return self_->operations_.run_on<std::vector<std::byte>>(
        name, operation::snapshot,
        [&](slot& slot, step_recorder& steps) { return take_snapshot(slot, steps); });
}

result<unload_report> runtime::unload(std::string_view name, unload_options const& options) {
    auto done = self_->operations_.run_on<unload_report>(
        name, operation::unload, [&](slot& slot, step_recorder& steps) -> result<unload_report> {
            auto report = self_->loader_.unload(slot, options, steps);
            if (!report) return report;
            self_->probations_.stop(slot);
            self_->components_.remove(name);
            return report;
        });
    if (self_->operations_.is_owner()) self_->probations_.drop_finished(true);
    return done;
}

result<std::vector<component_status>> runtime::recover(recover_options const& options) {
    auto done = self_->operations_.run<void>("", operation::recover, [&](step_recorder& steps) {
        return detail::recover(self_->recovery_at(), options, steps);
    });
    if (!done) return done.error();
    return status();
}

result<void> runtime::checkpoint() { return self_->checkpoints_.take(); }

std::vector<component_status> runtime::status() const {
    std::vector<component_status> all;
    if (!self_->operations_.is_owner()) return all;
    self_->components_.sweep_removed();
    auto const failing = self_->checkpoints_.failing();
    for (auto const& slot : self_->components_.all()) {
        slot->sweep_retained();
        auto facts = slot->facts();
        auto const of = slot->gate()->contract();
        all.push_back({slot->name(), std::string(of.name) + " " + std::to_string(of.number),
                       std::move(facts.schema), std::move(facts.running), std::move(facts.source),
                       std::move(facts.previous_release), slot->operation().is_taken(), facts.swaps,
                       facts.on_probation, std::move(facts.rolled_back), std::move(facts.retained),
                       std::move(facts.libraries), std::move(facts.warnings), failing,
                       std::move(facts.settings)});
    }
    return all;
}

subscription runtime::subscribe(std::function<void(event const&)> f) {
    if (!self_->operations_.is_owner()) return {};
    return {self_->bus_, self_->bus_->add(std::move(f))};
}

}  // namespace hotswap
