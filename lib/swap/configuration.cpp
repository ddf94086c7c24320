#include "swap/configuration.hpp"

#include "base/refuse.hpp"
#include "transfer/module_calls.hpp"

#include <fmt/format.h>

#include <new>
#include <string>
#include <utility>

namespace hotswap::detail {

namespace {

struct collected_settings : abi::setting_sink {
    settings all{};

    collected_settings() {
        add = [](abi::setting_sink* self, abi::text name, abi::text value) noexcept {
            try {
                static_cast<collected_settings*>(self)->all.insert_or_assign(
                    std::string(name.data, name.size), std::string(value.data, value.size));
                return true;
            } catch (std::bad_alloc const&) {
                return false;
            }
        };
    }
};

result<void> expect_settings(generation const& running) {
    if (running.module->api().configure != nullptr) return {};
    return refuse(
        errc::no_settings, phase::none,
        "{} declares no settings that change while it runs; its author declares them by "
        "<hotswap/settings.hpp>, and what it was loaded with changes by a swap (swap_options::settings)",
        running.module->staged().name());
}

result<settings> list_settings(generation const& running) {
    if (auto has = expect_settings(running); !has) return has.error();
    collected_settings found;
    abi::error why;
    auto const outcome =
        running.module->api().list_settings(running.instance.object(), running.state.get(), &found, &why);
    if (outcome == abi::status::ok) return std::move(found.all);
    return answered(*running.module, outcome, why, errc::settings_refused, phase::none,
                    "listing its settings");
}

result<void> apply(generation const& running, settings const& changes) {
    argument_view const wanted(changes);
    abi::error why;
    auto const outcome =
        running.module->api().configure(running.instance.object(), running.state.get(), wanted.get(), &why);
    if (outcome == abi::status::ok) return {};
    if (outcome == abi::status::refused)
        return refuse(errc::settings_refused, phase::commit,
                      "{} refused the settings: {}; nothing was changed", running.module->staged().name(),
                      words(why));
    return answered(*running.module, outcome, why, errc::settings_refused, phase::commit,
                    "changing its settings");
}

std::vector<setting_change> difference(settings const& before, settings const& after) {
    std::vector<setting_change> all;
    for (auto const& [name, value] : after) {
        auto const found = before.find(name);
        auto const was = found == before.end() ? std::string() : found->second;
        if (was != value) all.push_back({name, was, value});
    }
    return all;
}

std::string in_words(std::vector<setting_change> const& changes) {
    std::string text;
    for (auto const& each : changes)
        text += fmt::format("{}{} from {} to {}", text.empty() ? "" : ", ", each.name, each.from, each.to);
    return text.empty() ? "the settings had these values already" : text;
}

}  // namespace

result<settings> settings_of(slot& of) { return list_settings(of.running()); }

result<configure_report> configure(slot& of, settings const& changes, pause_limits const& limits,
                                   step_recorder& steps) {
    steps.mark_old_serving();
    configure_report report{
        .component = of.name(), .operation_id = steps.mark().id, .started = steps.mark().started};
    if (changes.empty())
        return steps.refused(refuse(errc::invalid_argument, phase::none,
                                    "there is no setting to change; name at least one with its value"));
    auto const& running = of.running();
    auto const before = list_settings(running);
    if (!before) return steps.refused(before.error());
    {
        closed_gates closed(of, limits);
        if (auto drained = steps.run(phase::drain, [&] { return closed.drain(); }); !drained)
            return drained.error();
        auto applied = steps.run(phase::commit, [&] { return apply(running, changes); });
        if (!applied) return applied.error();
        closed.reopen();
        report.pause = closed.length();
        report.calls_held = closed.calls_held();
    }
    auto const after = list_settings(running);
    if (!after) return steps.refused(after.error());
    report.changes = difference(*before, *after);
    of.note_configured();
    of.announce_change();
    steps.finish(in_words(report.changes));
    return report;
}

}  // namespace hotswap::detail
