#include "control/read_verbs.hpp"

#include "control/audit_chain.hpp"
#include "control/metrics_text.hpp"
#include "control/service.hpp"
#include "control/swap_order.hpp"
#include "report/json_writer.hpp"

#include <hotswap/version.hpp>

#include <boost/json/array.hpp>

#include <charconv>
#include <utility>

#include <unistd.h>

namespace hotswap::detail {

namespace {

std::string hotswap_release() {
    return fmt::format("{}.{}.{}", HOTSWAP_VERSION_MAJOR, HOTSWAP_VERSION_MINOR, HOTSWAP_VERSION_PATCH);
}

// The number in the query; the default if it is not there.
result<std::uint64_t> number_in(control_request const& request, std::string_view name,
                                std::uint64_t otherwise) {
    auto const found = request.query.find(name);
    if (found == request.query.end()) return otherwise;
    auto const& text = found->second;
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
    return refuse(errc::invalid_argument, phase::none, "{}={}: expected a whole number, 0 or more", name,
                  text);
}

}  // namespace

boost::json::value status_of(control_service& at) {
    boost::json::object body{
        {"hotswap", hotswap_release()}, {"pid", ::getpid()}, {"last_event", at.events().last()}};
    body["components"] = json_writer()(at.components().status());
    for (auto& each : body["components"].as_array()) {
        auto& component = each.as_object();
        // The names that every client needs, without a walk into the running generation.
        auto const& running = component["running"].as_object();
        component["release"] = running.at("release");
        component["generation"] = running.at("generation");
        component["schema_version"] = running.at("schema_version");
    }
    return body;
}

control_answer serve_status(control_service& at, control_request const& request) {
    if (request.query.contains("watch"))
        return {.type = "text/event-stream", .stream = control_stream::status};
    return answer_with(status_of(at));
}

control_answer serve_plan(control_service& at, control_request const& request) {
    auto body = read_body<swap_body>(request.body, at.options().limits.depth);
    if (!body) return answer_with(body.error());
    auto order = order_of(std::move(*body));
    if (!order) return answer_with(order.error());
    auto const shown = plan(at.components(), *order);
    if (!shown) return answer_with(shown.error());
    bool changes = false;
    for (auto const& each : shown->components) changes = changes || !each.same_content;
    boost::json::object answer{{"changes", changes}};
    answer["plan"] = json_writer()(*shown);
    answer["token"] = at.plans().remember(std::move(*order), *shown);
    return answer_with(answer);
}

control_answer serve_drift(control_service& at, control_request const&) {
    auto const all = at.components().drift();
    if (!all) return answer_with(all.error());
    bool drifts = false;
    for (auto const& each : *all) drifts = drifts || each.stored_differs || each.newest_differs;
    return answer_with(boost::json::object{{"drifts", drifts}, {"components", json_writer()(*all)}});
}

control_answer serve_operations(control_service& at, control_request const& request) {
    auto const most = number_in(request, "most", 20);
    if (!most) return answer_with(most.error());
    boost::json::array all;
    for (auto& each : at.operations().newest(*most)) all.push_back(std::move(each));
    return answer_with(boost::json::object{{"operations", std::move(all)}});
}

control_answer serve_operation(control_service&, control_request const& request) {
    auto const wait = number_in(request, "wait_ns", 0);
    if (!wait) return answer_with(wait.error());
    auto const longest = static_cast<std::uint64_t>(std::chrono::nanoseconds::max().count());
    return {.operation = request.path.at(2),
            .wait = std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(*wait, longest)))};
}

control_answer serve_events(control_service& at, control_request const& request) {
    auto const after = number_in(request, "after", at.events().last());
    if (!after) return answer_with(after.error());
    return {.type = "text/event-stream", .stream = control_stream::events, .after = *after};
}

control_answer serve_metrics(control_service& at, control_request const&) {
    return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(at.components())};
}

control_answer serve_audit(control_service& at, control_request const& request) {
    auto const most = number_in(request, "most", 100);
    if (!most) return answer_with(most.error());
    auto const& file = at.options().audit;
    if (file.empty())
        return answer_with(refuse(errc::control_failed, phase::none,
                                  "this host keeps no audit; name its file in control_options::audit"));
    auto lines = newest_lines(file, static_cast<std::size_t>(std::min<std::uint64_t>(*most, 10'000)));
    if (!lines) return answer_with(lines.error());
    boost::json::array all;
    for (auto& each : *lines) all.push_back(std::move(each));
    return answer_with(boost::json::object{{"lines", std::move(all)}});
}

control_answer serve_settings(control_service& at, control_request const& request) {
    auto const& name = request.path.at(2);
    auto const all = at.components().settings_of(name);
    if (!all) return answer_with(all.error());
    return answer_with(boost::json::object{{"component", name}, {"settings", json_writer()(*all)}});
}

control_answer serve_snapshot(control_service& at, control_request const& request) {
    auto const frame = at.components().snapshot(request.path.at(2));
    if (!frame) return answer_with(frame.error());
    return {.type = "application/octet-stream",
            .body = std::string(reinterpret_cast<char const*>(frame->data()), frame->size())};
}

}  // namespace hotswap::detail
