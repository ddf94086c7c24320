#include <hotswap/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

namespace hotswap {

namespace json = boost::json;

namespace {

json::string text(std::string_view view) { return json::string(view.data(), view.size()); }

template <class Range>
json::array list(Range const& range) {
    json::array all;
    for (auto const& each : range) all.push_back(json::value_from(each));
    return all;
}

json::object phase_object(phase_report const& step) {
    return {{"phase", text(to_string(step.phase))},
            {"duration_ns", step.duration.count()},
            {"bytes", step.bytes}};
}

json::object table_object(table_report const& tables) {
    return {{"way", text(to_string(tables.way))},
            {"reason", tables.reason},
            {"rows", tables.rows},
            {"memory", tables.memory},
            {"copies", tables.copies},
            {"first_pause_ns", tables.first_pause.count()}};
}

json::object discarded_object(discarded_writes const& what) {
    return {{"happened", what.happened},
            {"calls", what.calls},
            {"elements_now", what.elements_now},
            {"elements_before", what.elements_before}};
}

json::object rehearsal_object(rehearsal_report const& rehearsal) {
    return {{"ran", rehearsal.ran},
            {"outcome", rehearsal.outcome},
            {"time_ns", rehearsal.time.count()},
            {"pause_ns", rehearsal.pause.count()},
            {"predicted_pause_ns", rehearsal.predicted_pause.count()},
            {"state_bytes", rehearsal.state_bytes},
            {"peak_memory", rehearsal.peak_memory},
            {"not_in_force", list(rehearsal.not_in_force)},
            {"log", list(rehearsal.log)},
            {"left", list(rehearsal.left)},
            {"next_to", rehearsal.next_to}};
}

}  // namespace

void tag_invoke(json::value_from_tag, json::value& out, generation_info const& info) {
    out = {{"generation", info.generation},
           {"release", info.release},
           {"schema_version", info.schema_version},
           {"build_id", info.build_id},
           {"digest", info.digest}};
}

void tag_invoke(json::value_from_tag, json::value& out, unload_report const& report) {
    out = {{"verdict", text(to_string(report.verdict))},
           {"module", report.module},
           {"reason", report.reason},
           {"dropped_jobs", report.dropped_jobs},
           {"libraries", list(report.libraries)}};
    if (!report.not_kept.empty()) out.as_object()["not_kept"] = report.not_kept;
}

void tag_invoke(json::value_from_tag, json::value& out, swap_report const& report) {
    json::array phases;
    for (phase_report const& step : report.phases) phases.push_back(phase_object(step));
    out = {{"component", report.component},
           {"from", json::value_from(report.from)},
           {"to", json::value_from(report.to)},
           {"path", list(report.path)},
           {"phases", std::move(phases)},
           {"pause_ns", report.pause.count()},
           {"total_ns", report.total.count()},
           {"calls_held", report.calls_held},
           {"longest_wait_ns", report.longest_wait.count()},
           {"attempts", report.attempts},
           {"tables", table_object(report.tables)},
           {"discarded", discarded_object(report.discarded)},
           {"transfer", text(to_string(report.transfer))},
           {"rehearsal", rehearsal_object(report.rehearsal)},
           {"unload", json::value_from(report.unload)},
           {"warnings", list(report.warnings)},
           {"same_content", report.same_content},
           {"state_dropped", report.state_dropped}};
    if (report.not_durable) out.as_object()["not_durable"] = json::value_from(*report.not_durable);
}

void tag_invoke(json::value_from_tag, json::value& out, failure const& why) {
    out = {{"code", text(to_string(why.code))},
           {"phase", text(to_string(why.phase))},
           {"component", why.component},
           {"message", why.message},
           {"old_serving", why.old_serving}};
}

void tag_invoke(json::value_from_tag, json::value& out, swap_plan const& plan) {
    out = {{"component", plan.component},
           {"from", json::value_from(plan.from)},
           {"to", json::value_from(plan.to)},
           {"module", plan.module.string()},
           {"direction", text(to_string(plan.direction))},
           {"path", list(plan.path)},
           {"losses", list(plan.losses)},
           {"reversible", plan.reversible},
           {"reversible_without_loss", plan.reversible_without_loss},
           {"handoff_possible", plan.handoff_possible},
           {"transfer", text(to_string(plan.transfer))},
           {"predicted_pause_ns", plan.predicted_pause.count()},
           {"state_bytes", plan.state_bytes},
           {"tables", table_object(plan.tables)},
           {"rehearsal", rehearsal_object(plan.rehearsal)},
           {"blockers", list(plan.blockers)},
           {"keeps_mapped", list(plan.keeps_mapped)},
           {"warnings", list(plan.warnings)},
           {"same_content", plan.same_content},
           {"state_dropped", plan.state_dropped}};
}

void tag_invoke(json::value_from_tag, json::value& out, component_status const& status) {
    out = {{"name", status.name},
           {"contract", status.contract},
           {"schema", status.schema},
           {"running", json::value_from(status.running)},
           {"module", status.module.string()},
           {"previous_release", status.previous_release},
           {"swapping", status.swapping},
           {"swaps", status.swaps},
           {"retained", status.retained},
           {"libraries", list(status.libraries)},
           {"warnings", list(status.warnings)},
           {"on_probation", status.on_probation}};
    json::object set;
    for (auto const& [name, value] : status.settings) set[name] = value;
    out.as_object()["settings"] = std::move(set);
    if (auto const& failing = status.checkpoint_fails) {
        auto const since =
            std::chrono::duration_cast<std::chrono::nanoseconds>(failing->since.time_since_epoch());
        out.as_object()["checkpoint_fails"] = {{"last", json::value_from(failing->last)},
                                               {"since_ns", since.count()},
                                               {"times", failing->times}};
    }
    if (status.rolled_back) out.as_object()["rolled_back"] = json::value_from(*status.rolled_back);
}

void tag_invoke(json::value_from_tag, json::value& out, event const& what) {
    auto const since = std::chrono::duration_cast<std::chrono::nanoseconds>(what.time.time_since_epoch());
    out = {{"time_ns", since.count()},
           {"level", text(to_string(what.level))},
           {"component", what.component},
           {"operation", what.operation},
           {"phase", text(to_string(what.phase))},
           {"outcome", text(to_string(what.outcome))},
           {"duration_ns", what.duration.count()},
           {"message", what.message}};
}

void tag_invoke(json::value_from_tag, json::value& out, set_report const& report) {
    json::array components;
    for (auto const& each : report.components) components.push_back(json::value_from(each));
    out = {{"components", std::move(components)},
           {"pause_ns", report.pause.count()},
           {"total_ns", report.total.count()},
           {"calls_held", report.calls_held},
           {"longest_wait_ns", report.longest_wait.count()}};
    if (report.not_durable) out.as_object()["not_durable"] = json::value_from(*report.not_durable);
}

void tag_invoke(json::value_from_tag, json::value& out, set_plan const& plan) {
    json::array components;
    for (auto const& each : plan.components) components.push_back(json::value_from(each));
    json::array blockers;
    for (auto const& each : plan.blockers) blockers.push_back(json::value_from(each));
    out = {{"components", std::move(components)},
           {"predicted_pause_ns", plan.predicted_pause.count()},
           {"reversible", plan.reversible},
           {"blockers", std::move(blockers)}};
}

std::string to_json(swap_report const& report) { return json::serialize(json::value_from(report)); }
std::string to_json(swap_plan const& plan) { return json::serialize(json::value_from(plan)); }
std::string to_json(set_report const& report) { return json::serialize(json::value_from(report)); }
std::string to_json(set_plan const& plan) { return json::serialize(json::value_from(plan)); }
std::string to_json(failure const& why) { return json::serialize(json::value_from(why)); }
std::string to_json(component_status const& status) { return json::serialize(json::value_from(status)); }
std::string to_json(event const& what) { return json::serialize(json::value_from(what)); }

}  // namespace hotswap
