// Options, plans, reports and events as text for a person.
#include "base/enum_name.hpp"

#include <hotswap/describe.hpp>
#include <hotswap/detail/report/rehearsal.hpp>
#include <hotswap/event.hpp>
#include <hotswap/format.hpp>
#include <hotswap/options.hpp>
#include <hotswap/plan.hpp>
#include <hotswap/report.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>

namespace hotswap {

std::string_view to_string(transfer value) noexcept { return detail::enum_name(value); }
std::string_view to_string(rehearse value) noexcept { return detail::enum_name(value); }
std::string_view to_string(recover_modules value) noexcept { return detail::enum_name(value); }
std::string_view to_string(direction value) noexcept { return detail::enum_name(value); }
std::string_view to_string(table_way value) noexcept { return detail::enum_name(value); }
std::string_view to_string(unload_verdict value) noexcept { return detail::enum_name(value); }
std::string_view to_string(outcome value) noexcept { return detail::enum_name(value); }
std::string_view to_string(level value) noexcept { return detail::enum_name(value); }
std::string_view to_string(operation value) noexcept { return detail::enum_name(value); }

std::string to_string(std::chrono::nanoseconds duration) {
    auto const ns = static_cast<double>(duration.count());
    if (ns < 1e3) return fmt::format("{} ns", duration.count());
    if (ns < 1e6) return fmt::format("{:.1f} µs", ns / 1e3);
    if (ns < 1e9) return fmt::format("{:.2f} ms", ns / 1e6);
    return fmt::format("{:.2f} s", ns / 1e9);
}

phase_report swap_report::of(hotswap::phase step) const noexcept {
    auto const found =
        std::find_if(phases.begin(), phases.end(), [step](phase_report const& p) { return p.phase == step; });
    return found == phases.end() ? phase_report{step, std::chrono::nanoseconds{0}, 0} : *found;
}

namespace {

std::string describe_tables(table_report const& tables) {
    if (tables.way == table_way::none) return {};
    if (tables.way == table_way::in_pause)
        return fmt::format("  tables copied in the pause, because {}\n", tables.reason);
    return fmt::format("  tables copied before the pause: {} rows, {} B, after a first pause of {}{}\n",
                       tables.rows, tables.memory, to_string(tables.first_pause),
                       tables.copies > 1 ? fmt::format(", begun {} times", tables.copies) : "");
}

// Empty unless the contract has more than one revision.
std::string describe_revisions(contract_revisions before, contract_revisions after) {
    if (before == after && before.oldest == before.newest) return {};
    auto const in_words = [](contract_revisions which) {
        return which.oldest == which.newest ? fmt::format("{}", which.newest)
                                            : fmt::format("{} to {}", which.oldest, which.newest);
    };
    return fmt::format("contract {} → {}", in_words(before), in_words(after));
}

}  // namespace

std::string to_string(rehearsal_report const& report) {
    if (!report.ran) return report.outcome.empty() ? "not rehearsed" : "not rehearsed: " + report.outcome;
    auto text = fmt::format("{} in rehearsal in {}, state {} B, memory {} B", report.outcome,
                            to_string(report.time), report.state_bytes, report.peak_memory);
    if (report.pause.count() != 0) text += fmt::format(", after a pause of {}", to_string(report.pause));
    if (!report.next_to.empty()) text += fmt::format("; next to {}", report.next_to);
    if (!report.not_in_force.empty())
        text += fmt::format("; not in force: {}", fmt::join(report.not_in_force, ", "));
    if (!report.left.empty()) text += fmt::format("; left behind: {}", fmt::join(report.left, ", "));
    return text;
}

std::string to_string(swap_report const& report) {
    auto text = fmt::format("{}: {} (generation {}) → {} (generation {}), schema {}, by {}\n",
                            report.component, report.from.release, report.from.generation, report.to.release,
                            report.to.generation, fmt::join(report.path, " → "), to_string(report.transfer));
    if (report.same_content && report.from.generation == report.to.generation)
        return text + fmt::format(
                          "  {} runs already, from a file of the same content: nothing was done; set "
                          "even_if_unchanged to construct it again",
                          report.to.release);
    if (report.same_content) text += "  the same content as before, constructed again\n";
    if (auto const serves = describe_revisions(report.from.serves, report.to.serves); !serves.empty())
        text += fmt::format("  {}\n", serves);
    if (!report.ended_contract.empty())
        text += fmt::format("  the handles by the contract {} have ended\n", report.ended_contract);
    if (report.state_dropped) text += "  STATE DROPPED: it began with a default state, as fresh_state asks\n";
    text +=
        fmt::format("  pause {}, {} calls held for {} at the longest, total {}\n ", to_string(report.pause),
                    report.calls_held, to_string(report.longest_wait), to_string(report.total));
    for (phase_report const& step : report.phases) {
        text += fmt::format(" {} {}", step.phase, to_string(step.duration));
        if (step.bytes != 0) text += fmt::format(" ({} B)", step.bytes);
        text += &step == &report.phases.back() ? "\n" : ",";
    }
    if (!report.serialized_because.empty() && report.tables.way == table_way::none)
        text += fmt::format("  through its serialized form, because {}\n", report.serialized_because);
    text += describe_tables(report.tables);
    if (report.discarded.happened)
        text += fmt::format("  writes discarded: {} calls since the swap, {} elements now, {} before it\n",
                            report.discarded.calls, report.discarded.elements_now,
                            report.discarded.elements_before);
    if (report.not_durable)
        text += fmt::format("  NOT DURABLE: a restart would bring back the set before, because {}\n",
                            report.not_durable->message);
    if (report.rehearsal.ran) text += fmt::format("  {}\n", to_string(report.rehearsal));
    if (report.attempts > 1) text += fmt::format("  the gate was closed {} times\n", report.attempts);
    for (auto const& warning : report.warnings) text += fmt::format("  warning: {}\n", warning);
    return text + fmt::format("  old code: {}", to_string(report.unload));
}

std::string to_string(configure_report const& report) {
    if (report.changes.empty())
        return fmt::format("{}: the settings had these values already", report.component);
    std::string text = report.component + ":";
    for (auto const& each : report.changes)
        text += fmt::format("\n  {}: {} → {}", each.name, each.from, each.to);
    text += fmt::format("\n  pause {}, {} calls held", to_string(report.pause), report.calls_held);
    if (report.not_durable)
        text += fmt::format("\n  NOT DURABLE: a restart would bring back the settings before, because {}",
                            report.not_durable->message);
    return text;
}

std::string to_string(set_report const& report) {
    auto text = fmt::format("{} components as one: pause {}, {} calls held for {} at the longest, total {}",
                            report.components.size(), to_string(report.pause), report.calls_held,
                            to_string(report.longest_wait), to_string(report.total));
    for (auto const& each : report.components) text += "\n" + to_string(each);
    return text;
}

std::string to_string(set_plan const& plan) {
    auto text = fmt::format(
        "{} components as one: {}, {}", plan.components.size(),
        plan.blockers.empty() ? "predicted pause " + to_string(plan.predicted_pause) : std::string("blocked"),
        plan.reversible ? "reversible" : "not reversible");
    for (auto const& each : plan.components) text += "\n" + to_string(each);
    return text;
}

std::string to_string(swap_plan const& plan) {
    auto text = fmt::format("{}: {} → {} ({}), schema {}, {}, {}, handoff {}", plan.component,
                            plan.from.release, plan.to.release, plan.module.string(),
                            fmt::join(plan.path, " → "), to_string(plan.direction),
                            plan.reversible_without_loss ? "reversible"
                            : plan.reversible            ? "reversible with loss"
                                                         : "not reversible",
                            plan.handoff_possible ? "possible" : "not possible");
    if (plan.same_content)
        text +=
            "\n  it runs already, from a file of the same content: nothing would be done unless "
            "even_if_unchanged is set";
    if (auto const serves = describe_revisions(plan.from.serves, plan.to.serves); !serves.empty())
        text += "\n  " + serves;
    if (!plan.ended_contract.empty())
        text += fmt::format("\n  the handles by the contract {} would end", plan.ended_contract);
    if (plan.state_dropped) text += "\n  the running STATE WOULD BE DROPPED, as fresh_state asks";
    if (plan.blockers.empty() && (!plan.same_content || plan.predicted_pause.count() != 0))
        text += fmt::format("\n  predicted pause by {} {}, state {} B", to_string(plan.transfer),
                            to_string(plan.predicted_pause), plan.state_bytes);
    if (!plan.serialized_because.empty() && plan.tables.way == table_way::none)
        text += fmt::format("\n  through its serialized form, because {}", plan.serialized_because);
    if (plan.tables.way == table_way::before_pause)
        text += fmt::format("\n  tables would be copied before the pause: {} rows, {} B", plan.tables.rows,
                            plan.tables.memory);
    if (plan.tables.way == table_way::in_pause)
        text += fmt::format("\n  tables would be copied in the pause, because {}", plan.tables.reason);
    if (plan.tables.way == table_way::unknown)
        text += fmt::format("\n  when tables would be copied is not known: {}", plan.tables.reason);
    if (plan.rehearsal.ran) text += fmt::format("\n  {}", to_string(plan.rehearsal));
    for (auto const& step : plan.losses) text += fmt::format("\n  loses something: {}", step);
    for (auto const& reason : plan.keeps_mapped)
        text += fmt::format("\n  would stay mapped when it is retired: {}", reason);
    for (auto const& warning : plan.warnings) text += fmt::format("\n  warning: {}", warning);
    for (failure const& why : plan.blockers)
        text += fmt::format("\n  blocked: {} in phase {}: {}", why.code, why.phase, why.message);
    return text;
}

std::string to_string(event const& what) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(what.time);
    auto const millis = std::chrono::duration_cast<std::chrono::milliseconds>(what.time - seconds).count();
    auto text = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z {} {} {}",
                            fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), millis,
                            to_string(what.level), what.component, to_string(what.operation));
    if (what.phase != phase::none) text += fmt::format(" {}", what.phase);
    if (what.outcome != outcome::note) text += fmt::format(" {}", to_string(what.outcome));
    if (what.duration.count() != 0) text += fmt::format(" in {}", to_string(what.duration));
    if (!what.message.empty()) text += ": " + what.message;
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace hotswap
