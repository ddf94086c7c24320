#include "runtime/core.hpp"

#include "module/descriptor_note.hpp"
#include "module/digest.hpp"
#include "module/module_source.hpp"
#include "module/release.hpp"
#include "slot/contract_fit.hpp"
#include "swap/lifecycle.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

module_policy trust_of(runtime_options const& options) {
    auto policy = options.trust;
    if (policy.directory.empty()) policy.directory = options.modules;
    return policy;
}

runtime_options with_variables(runtime_options options) {
    if (auto const* const value = std::getenv("HOTSWAP_KEEP_CODE"))
        options.keep_code = options.keep_code || (*value != '\0' && std::string_view(value) != "0");
    return options;
}

host_context runtime_core::host_context_of(std::string name) {
    host_context around;
    around.name = name;
    around.log = [this, name = std::move(name)](level severity, std::string_view text) {
        event line;
        line.time = std::chrono::system_clock::now();
        line.level = severity;
        line.component = name;
        line.message = text;
        sink(line);
    };
    around.now = [this] { return is_left_behind ? std::chrono::system_clock::now() : options.clock(); };
    around.find = [this, by = around.name](std::string_view wanted, contract of) -> result<found_neighbour> {
        auto found = components.find(wanted);
        if (!found) return found.error();
        auto way_in = (*found)->admit(of, by, fmt::format("\"{}\"", wanted));
        if (!way_in) return way_in.error();
        return found_neighbour{std::move(*way_in), (*found)->referrers()};
    };
    around.thread_probe_signal = probing ? options.thread_probe_signal : 0;
    around.gates = &events;
    around.turns = &turns;
    around.keep_code = options.keep_code;
    return around;
}

// Whether this thread is within a call or holds a lease.
bool runtime_core::is_inside_any() const {
    auto const all = components.all();
    return std::any_of(all.begin(), all.end(),
                       [](auto const& each) { return each->gate()->held_by_this_thread(); });
}

result<runtime_core::claim> runtime_core::claim_slot(std::string_view name, step_recorder& steps) {
    auto found = components.find(name);
    if (!found) return steps.refused(found.error());
    if ((*found)->gate()->held_by_this_thread()) {
        steps.mark_old_serving();
        return steps.refused(
            refuse(errc::would_deadlock, phase::none,
                   "this thread holds a lease on the component, so the operation would wait for "
                   "itself; give the lease back first, or operate from another thread"));
    }
    auto& turn = (*found)->operation();
    if (!turn.try_take(operation_turn::holder::host) && (is_inside_any() || !turn.take_after_runtime())) {
        steps.mark_old_serving();
        return steps.refused(
            refuse(errc::busy, phase::none,
                   "another operation is at work on the component; wait for it and try again"));
    }
    claim claimed{*found, held_turn(turn)};
    // It may have been unloaded while this waited for its turn.
    if (!claimed.in->is_loaded()) return steps.refused(components.unknown(name));
    return claimed;
}

namespace {

/// Says why the contract of a file does not fit: what `misfit` makes of it, if that can be read.
auto by_contract(std::function<std::string(implemented_contract const&)> misfit) {
    return [misfit = std::move(misfit)](fs::path const& file) {
        auto const found = peek_descriptor(file);
        return found ? misfit({found->contract, served_revisions(*found)}) : std::string();
    };
}

served_contract contract_after(slot const& in, swap_options const& wanted) {
    served_contract const now(in.gate()->contract());
    bool const stays = !wanted.contract || *wanted.contract == now.view();
    return stays ? now : served_contract(*wanted.contract);
}

}  // namespace

choice_rules runtime_core::rules_for(slot const& in, swap_options const& wanted) const {
    // One who runs a pre-release waits for the next.
    auto const running = release::parse(in.running().module->file().release());
    choice_rules rules{wanted.pre_releases || (running && running->is_pre_release())};
    // What a probation has sent back is tried again only by its name.
    if (wanted.module.empty() && in.has_rollbacks())
        rules.is_out = [this, &in](fs::path const& file) {
            auto const content = read_module(file, staging.policy());
            return content && in.was_rolled_back(content_digest(content->bytes));
        };
    rules.misfit = by_contract([&in, after = contract_after(in, wanted)](implemented_contract const& next) {
        return in.callers()->misfit_of(next, after.view());
    });
    return rules;
}

result<chosen_module> runtime_core::find_module(module_ref const& wanted, std::string_view family,
                                                choice_rules const& rules) const {
    if (wanted.empty()) return newest_module(options.modules, family, rules);
    if (wanted.which() == module_ref::kind::family)
        return newest_module(options.modules, wanted.text(), rules);
    if (wanted.which() == module_ref::kind::release)
        return module_of_release(options.modules, family, wanted.text());
    fs::path const file = wanted.text();
    std::error_code error;
    if (!file.has_parent_path() && !fs::exists(file, error)) return chosen_module{options.modules / file, {}};
    return chosen_module{file, {}};
}

void runtime_core::tell_passed_over(chosen_module const& chosen, step_recorder& steps) {
    auto const taken = chosen.file.filename().string();
    for (std::string const& each : chosen.passed_over)
        if (passed_over.is_new(chosen.file.parent_path() / each))
            steps.warn(phase::stage, fmt::format("{} is taken; passed over: {}", taken, each));
}

namespace {

// Options that contradict each other. `store`: of the runtime; empty: it has none.
result<void> check_options(swap_options const& wanted, fs::path const& store) {
    if (wanted.transfer == transfer::handoff && wanted.pause_budget.count() > 0)
        return refuse(errc::invalid_argument, phase::none,
                      "a handoff takes no pause_budget: both generations work on one state, so code that "
                      "overruns it could not be left to itself; use transfer::snapshot, or no budget");
    if (wanted.contract && wanted.contract->name.empty())
        return refuse(errc::invalid_argument, phase::none,
                      "swap_options::contract has no name; give it the `contract` of the contract's class");
    if (!wanted.fresh_state) return {};
    if (wanted.transfer == transfer::handoff)
        return refuse(errc::invalid_argument, phase::none,
                      "fresh_state drops the state that a handoff would hand over; ask for one of them");
    if (store.empty()) return {};
    if (!wanted.allow_loss)
        return refuse(errc::invalid_argument, phase::none,
                      "fresh_state would drop the running state and what the store {} has of it; set "
                      "allow_loss as well if that is wanted, and take a snapshot before",
                      store.string());
    if (wanted.probation.duration.count() > 0)
        return refuse(
            errc::invalid_argument, phase::none,
            "on a probation the store keeps what the release before goes on from, and a fresh_state "
            "leaves it nothing that it reads; swap without a probation");
    return {};
}

}  // namespace

result<replacement> runtime_core::choose(slot const& in, swap_options const& wanted, step_recorder& steps) {
    auto possible = check_options(wanted, keeper() != nullptr ? options.store : fs::path());
    if (!possible) return possible.error();
    auto chosen = find_module(wanted.module, in.family(), rules_for(in, wanted));
    if (!chosen) return chosen.error();
    tell_passed_over(*chosen, steps);
    replacement by;
    by.file = chosen->file;
    by.name = chosen->file.filename().string();
    by.source = std::move(chosen->file);
    by.passed_over = std::move(chosen->passed_over);
    by.transfer = wanted.transfer;
    by.limits = {wanted.drain_deadline, wanted.pause_budget};
    by.allow_loss = wanted.allow_loss;
    by.fresh_state = wanted.fresh_state;
    bool const sets_others = wanted.settings && *wanted.settings != in.facts().settings;
    if (sets_others) by.settings = std::make_shared<component_settings const>(*wanted.settings);
    by.contract = contract_after(in, wanted);
    by.end_neighbours_handles = wanted.end_neighbours_handles;
    by.even_if_unchanged =
        wanted.even_if_unchanged || wanted.fresh_state || sets_others || by.contract != in.running().contract;
    by.arguments = &wanted.arguments;
    by.rehearse = wanted.rehearse;
    by.rehearsals = &trials;
    return by;
}

result<void> runtime_core::expect_no_probation(slot const& in, step_recorder& steps) {
    if (!in.is_on_probation()) return {};
    steps.mark_old_serving();
    return steps.refused(refuse(errc::busy, phase::none,
                                "{} is on probation, and {} stands by for it; wait until that is over, or "
                                "revert()",
                                in.running().module->staged().name(), in.standby()->module->staged().name()));
}

result<void> runtime_core::expect_no_referrers(slot const& in, unload_options const& options,
                                               step_recorder& steps) {
    // Not of those whose handles have ended with an earlier contract.
    auto const itself = in.name();
    auto const names = in.callers()->components_but(std::span(&itself, 1));
    if (names.empty()) return {};
    steps.mark_old_serving();
    if (!options.force)
        return steps.refused(
            refuse(errc::in_use, phase::none,
                   "{} hold handles to it, and what they still call would be gone; unload those "
                   "first, or set unload_options::force",
                   names));
    steps.warn(phase::none, fmt::format("{} hold handles to it: their calls fail from now on", names));
    return {};
}

void runtime_core::drop_watches(bool stopped_too) {
    std::vector<std::unique_ptr<probation_watch>> finished;  // joined after the lock is gone
    mutex_lock const lock(watches_mutex);
    finished.reserve(watches.size());
    for (auto& each : watches)
        if (each->is_over() || (stopped_too && each->is_stopped() && !each->is_this_thread()))
            finished.push_back(std::move(each));
    std::erase_if(watches, [](auto const& each) { return each == nullptr; });
}

result<std::shared_ptr<gate>> runtime_core::load(std::string_view name, contract wanted,
                                                 load_options const& how, step_recorder& steps) {
    if (name.empty() || name.size() > 63)
        return steps.refused(refuse(errc::invalid_argument, phase::none,
                                    "a component's name has 1 to 63 characters, this one has {}",
                                    name.size()));
    if (auto allowed = expect_to_load(); !allowed) return steps.refused(allowed.error());
    choice_rules rules{how.pre_releases};
    rules.misfit =
        by_contract([&wanted](implemented_contract const& first) { return misfit(first, wanted); });
    auto const chosen = find_module(how.module, name, rules);
    if (!chosen) return steps.refused(chosen.error(), phase::stage);
    tell_passed_over(*chosen, steps);
    auto const& file = chosen->file;
    auto made = std::make_shared<slot>(std::string(name), wanted, host_context_of(std::string(name)));
    return load_into(std::move(made), {file, file.filename().string(), file}, how, steps, keeper());
}

result<std::shared_ptr<gate>> runtime_core::load_into(std::shared_ptr<slot> made, first_module const& from,
                                                      load_options const& how, step_recorder& steps,
                                                      persistence* keeper) {
    auto const name = made->name();
    if (auto reserved = components.reserve(made); !reserved) return steps.refused(reserved.error());
    made->operation().take_after_all();
    held_turn const turn(made->operation());
    auto way_in = made->callers()->admit(made->gate()->contract(), {}, "it");
    bool const is_recovered = keeper == nullptr && keeping;
    auto const with = is_recovered ? stored_settings(*made, from) : how.settings;
    auto loaded =
        guarded<void>(steps, [&] { return load_first(*made, staging, from, how, with, steps, keeper); });
    if (!loaded) {
        made->gate()->end();
        components.remove(name);
        return loaded.error();
    }
    components.announce(name);
    return way_in;
}

// Those with which the stored module ran; a generation that was on probation is not the one that comes back.
settings runtime_core::stored_settings(slot& in, first_module const& from) {
    auto const set = (*kept)->current();
    auto const* const entry = set.find(in.name());
    if (entry == nullptr) return {};
    in.set_settings_before(std::make_shared<component_settings const>(entry->settings_before));
    auto const before = (*kept)->module(entry->previous.digest);
    bool const is_before = entry->on_probation != 0 && before && *before == from.file;
    return is_before ? entry->settings_before : entry->settings;
}

void runtime_core::note_checkpoint(result<void> const& done) {
    mutex_lock const lock(failing_mutex);
    if (done) return failing.reset();
    if (!failing) failing.emplace().since = options.clock();
    failing->last = done.error();
    ++failing->times;
}

// Callers still inside keep their code, and what it may ask of the host: unmapping it would end the process.
bool runtime_core::shut_down(std::shared_ptr<slot> in) noexcept {
    in->operation().take_after_all();
    held_turn const turn(in->operation());
    if (!in->is_loaded()) return true;
    in->gate()->end();
    bool const drained =
        !in->gate()->held_by_this_thread() &&
        in->gate()->wait_until_drained(std::chrono::steady_clock::now() + default_drain_deadline);
    if (!drained) {
        in->leak_running();
        return false;
    }
    in->runner().stop();
    in->end_probation();
    in->retire(in->exchange(nullptr));
    in->sweep_retained();
    return !in->has_pins();
}

}  // namespace hotswap::detail
