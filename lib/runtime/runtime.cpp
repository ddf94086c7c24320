#include <hotswap/runtime.hpp>

#include "runtime/drift.hpp"
#include "runtime/implementation.hpp"
#include "swap/component_health.hpp"
#include "swap/configuration.hpp"
#include "swap/while_inside.hpp"
#include "transfer/snapshot.hpp"

#include <cstddef>
#include <new>
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

result<component_status> runtime::load(std::string_view name, load_options const& options) {
    return within_memory([&]() -> result<component_status> {
        auto const loaded = load_gate(name, contract(), options);
        if (!loaded) return loaded.error();
        for (auto& each : status())
            if (each.name == name) return std::move(each);
        return self_->components_.unknown(name);  // another thread has unloaded it meanwhile
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
            self_->operations_.counts().forget(name);
            slot.announce_change();
            return report;
        });
    if (self_->operations_.is_owner()) self_->probations_.drop_finished(true);
    return done;
}

result<std::vector<component_drift>> runtime::drift() {
    return within_memory([&]() -> result<std::vector<component_drift>> {
        std::vector<component_drift> all;
        for (auto const& each : status()) {
            auto one = self_->operations_.run_on<component_drift>(
                each.name, operation::plan, [&](slot& slot, step_recorder& steps) -> result<component_drift> {
                    steps.mark_old_serving();
                    return drift_of(slot, self_->store_, self_->locator_, steps);
                });
            if (!one) return one.error();
            all.push_back(std::move(*one));
        }
        return all;
    });
}

result<configure_report> runtime::configure(std::string_view name, settings const& changes,
                                            configure_options const& options) {
    auto done = self_->operations_.run_on<configure_report>(
        name, {operation::configure, options.stop}, [&](slot& slot, step_recorder& steps) {
            return detail::configure(slot, changes,
                                     {.drain_deadline = options.drain_deadline, .stop = options.stop}, steps);
        });
    if (!done)
        self_->operations_.count_refusal({std::string(name)}, operation::configure, done.error());
    else
        self_->operations_.counts().note_done(operation::configure, *done);
    if (!done || done->changes.empty() || self_->store_.durability() == nullptr) return done;
    return within_memory([&] {
        if (auto const kept = self_->checkpoints_.take(); !kept) done->not_durable = kept.error();
        return done;
    });
}

result<settings> runtime::settings_of(std::string_view name) {
    return self_->operations_.run_on<settings>(name, operation::configure,
                                               [](slot& slot, step_recorder& steps) -> result<settings> {
                                                   steps.mark_old_serving();
                                                   auto all = detail::settings_of(slot);
                                                   if (!all) return steps.refused(all.error());
                                                   return all;
                                               });
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

namespace {

// Whether the operation that ends with this event has changed its component.
bool is_change(event const& what) noexcept {
    if (what.phase != phase::none || what.outcome != outcome::done) return false;
    switch (what.operation) {
        case operation::load:
        case operation::swap:
        case operation::revert:
        case operation::restore:
        case operation::unload:
        case operation::configure:
        case operation::probation:
            return true;
        default:
            return false;
    }
}

}  // namespace

subscription runtime::on_change(std::string_view name, std::function<void(event const&)> f) {
    return subscribe([name = std::string(name), f = std::move(f)](event const& what) {
        if (what.component == name && is_change(what)) f(what);
    });
}

namespace {

struct collected_metrics : abi::metric_sink {
    std::vector<metric> all{};

    collected_metrics() {
        add = [](abi::metric_sink* self, abi::text name, double value) noexcept {
            try {
                static_cast<collected_metrics*>(self)->all.push_back(
                    {std::string(name.data, static_cast<std::size_t>(name.size)), value});
                return true;
            } catch (std::bad_alloc const&) {
                return false;
            }
        };
    }
};

// A component that cannot say its numbers shows those that it has said until then.
std::vector<metric> own_metrics(slot& of) {
    collected_metrics found;
    while_inside(of, [&](generation const& running) {
        abi::error why;
        if (auto const list = running.module->api().list_metrics)
            static_cast<void>(list(running.instance.object(), &found, &why));
    });
    return std::move(found.all);
}

}  // namespace

std::vector<component_metrics> runtime::metrics() const {
    std::vector<component_metrics> all;
    if (!self_->operations_.is_owner()) return all;
    for (auto const& slot : self_->components_.all()) {
        auto& one = all.emplace_back(self_->operations_.counts().of(slot->name()));
        one.own = own_metrics(*slot);
    }
    return all;
}

result<std::string> runtime::health(std::string_view name) const {
    return within_memory([&]() -> result<std::string> {
        if (auto here = self_->operations_.expect_owner(); !here) return here.error();
        auto const found = self_->components_.find(name);
        if (!found) return found.error();
        return fault_by_itself(**found);
    });
}

subscription runtime::subscribe(std::function<void(event const&)> f) {
    if (!self_->operations_.is_owner()) return {};
    return {self_->bus_, self_->bus_->add(std::move(f))};
}

}  // namespace hotswap
