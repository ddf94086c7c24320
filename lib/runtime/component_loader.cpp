#include "runtime/component_loader.hpp"

#include "runtime/guarded.hpp"
#include "slot/contract_fit.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

namespace hotswap::detail {

result<std::shared_ptr<gate>> component_loader::load(std::string_view name, contract wanted,
                                                     load_options const& options, step_recorder& steps) {
    if (name.empty() || name.size() > 63)
        return steps.refused(refuse(errc::invalid_argument, phase::none,
                                    "a component's name has 1 to 63 characters, this one has {}",
                                    name.size()));
    if (auto writable = store_.expect_writable(); !writable) return steps.refused(writable.error());
    auto const chosen = locator_.find_first(name, wanted, options, steps);
    if (!chosen) return steps.refused(chosen.error(), phase::stage);
    auto const& file = chosen->file;
    auto const of = contract_of(file, wanted);
    if (!of) return steps.refused(of.error(), phase::verify);
    auto made = std::make_shared<slot>(std::string(name), of->view(), contexts_.make(std::string(name)));
    return load_into(std::move(made), {file, file.filename().string(), file}, options, options.settings,
                     store_.durability(), steps);
}

// Of the file itself, if the host does not know it.
result<served_contract> component_loader::contract_of(std::filesystem::path const& file,
                                                      contract wanted) const {
    if (!wanted.name.empty()) return served_contract(wanted);
    auto const said = inspect(file, {.policy = staging_.policy()});
    if (!said) return said.error();
    if (auto const* const why = said->refusal())
        return refuse(why->code, phase::verify, "{}; {}", why->message, why->remedy);
    return served_contract(contract{said->contract, said->contract_number});
}

result<std::shared_ptr<slot>> component_loader::load_stored(stored_component const& of,
                                                            first_module const& from, contract wanted,
                                                            std::span<std::byte const> frame,
                                                            step_recorder& steps) {
    load_options options;
    options.snapshot = frame;
    options.arguments = of.arguments;
    auto made = std::make_shared<slot>(of.name, wanted, contexts_.make(of.name));
    made->set_family(of.family);
    auto loaded = load_into(made, from, options, stored_settings(*made, from), nullptr, steps);
    if (!loaded) return loaded.error();
    return made;
}

result<std::shared_ptr<gate>> component_loader::load_into(std::shared_ptr<slot> made,
                                                          first_module const& from,
                                                          load_options const& options, settings const& with,
                                                          durability* durable, step_recorder& steps) {
    auto const name = made->name();
    if (auto reserved = components_.reserve(made); !reserved) return steps.refused(reserved.error());
    made->operation().take_after_all();
    held_turn const turn(made->operation());
    auto way_in = made->callers()->admit(made->gate()->contract(), {}, "it");
    auto loaded = guarded<void>(
        steps, [&] { return load_first(*made, staging_, from, options, with, steps, durable); });
    if (!loaded) {
        made->gate()->end();
        components_.remove(name);
        return loaded.error();
    }
    components_.announce(name);
    made->announce_change();
    return way_in;
}

// The settings with which the stored module ran. Instead of a generation that was on probation, the one
// before comes back.
settings component_loader::stored_settings(slot& slot, first_module const& from) const {
    auto const set = store_.files().current();
    auto const* const entry = set.find(slot.name());
    if (entry == nullptr) return {};
    slot.set_settings_before(std::make_shared<component_settings const>(entry->settings_before));
    auto const before = store_.files().module(entry->previous.digest);
    bool const is_before = entry->on_probation != 0 && before && *before == from.file;
    return is_before ? entry->settings_before : entry->settings;
}

result<void> component_loader::expect_no_referrers(slot const& slot, unload_options const& options,
                                                   step_recorder& steps) {
    // Components whose handles have ended with an earlier contract do not count.
    auto const& itself = slot.name();
    auto const names = slot.callers()->components_but(std::span(&itself, 1));
    if (names.empty()) return {};
    steps.mark_old_serving();
    if (!options.force)
        return steps.refused(
            refuse(errc::in_use, phase::none,
                   "{} hold handles to it, and their calls would fail; unload those first, or set "
                   "unload_options::force",
                   names));
    steps.warn(phase::none, fmt::format("{} hold handles to it: their calls fail from now on", names));
    return {};
}

result<unload_report> component_loader::unload(slot& slot, unload_options const& options,
                                               step_recorder& steps) {
    if (auto free = expect_no_referrers(slot, options, steps); !free) return free.error();
    auto report = detail::unload(slot, steps, store_.durability(), options.force);
    if (!report) return report;
    report->operation_id = steps.mark().id;
    report->started = steps.mark().started;
    return report;
}

// Callers that are still inside keep their code, and the host services that it may call: without them the
// process would end.
bool component_loader::shut_down(std::shared_ptr<slot> slot) noexcept {
    slot->operation().take_after_all();
    held_turn const turn(slot->operation());
    if (!slot->is_loaded()) return true;
    slot->gate()->end();
    bool const drained =
        !slot->gate()->held_by_this_thread() &&
        slot->gate()->wait_until_drained(std::chrono::steady_clock::now() + default_drain_deadline);
    if (!drained) {
        slot->leak_running();
        return false;
    }
    slot->runner().stop();
    slot->end_probation();
    slot->retire(slot->exchange(nullptr));
    slot->sweep_retained();
    return !slot->has_pins();
}

}  // namespace hotswap::detail
