#include "control/openapi.hpp"

#include "control/bodies.hpp"
#include "control/type_schema.hpp"
#include "control/verbs.hpp"
#include "report/indented_json.hpp"

#include <hotswap/runtime.hpp>
#include <hotswap/version.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace hotswap::detail {

namespace {

namespace json = boost::json;
using object = json::object;

object content(std::string_view type, object schema) {
    return {{"content", object{{type, object{{"schema", std::move(schema)}}}}}};
}
object as_json(object schema) { return content("application/json", std::move(schema)); }
object binary() { return content("application/octet-stream", {{"type", "string"}, {"format", "binary"}}); }

/// An operation, as the book of operations shows it.
object operation_schema(type_schemas& types) {
    object properties{
        {"id", types.of<std::string>()},
        {"verb", types.of<std::string>()},
        {"components", types.of<std::vector<std::string>>()},
        {"by", types.of<std::string>()},
        {"reason", types.of<std::string>()},
        {"may_take_ns", types.of<std::chrono::nanoseconds>()},
        {"state", object{{"type", "string"}, {"enum", json::array{"running", "on_probation", "ended"}}}},
        {"outcome", object{{"type", "string"}, {"enum", json::array{"done", "undone", "inconsistent"}}}},
        {"sent_back", types.of<bool>()},
        {"report", object{{"type", "object"}}},
        {"failure", types.of<failure>()},
        {"started_ns", types.of<std::chrono::nanoseconds>()},
        {"ended_ns", types.of<std::chrono::nanoseconds>()}};
    return {{"type", "object"}, {"properties", std::move(properties)}};
}

object object_of(std::initializer_list<std::pair<std::string_view, object>> members) {
    object properties;
    for (auto const& [name, schema] : members) properties[name] = schema;
    return {{"type", "object"}, {"properties", std::move(properties)}};
}

/// What the table of verbs does not say of a request.
struct description {
    std::string_view verb;
    std::string_view summary;
    object (*body)(type_schemas&);    // null: none
    object (*answer)(type_schemas&);  // null: an operation
    std::string_view query;           // names, separated by commas
};

template <class Body>
object body_of(type_schemas& types) {
    return as_json(types.of<Body>());
}

// clang-format off
std::array<description, 18> const descriptions{{
    {"status", "The components; with watch, again after each change, as server-sent events", nullptr,
     [](type_schemas& types) { return as_json(object_of({{"hotswap", types.of<std::string>()}, {"pid", types.of<int>()},
         {"last_event", types.of<std::uint64_t>()}, {"components", types.of<std::vector<component_status>>()}})); }, "watch"},
    {"plan", "What a swap would do; changes nothing. Its token ties a swap to it", &body_of<swap_body>,
     [](type_schemas& types) { return as_json(object_of({{"changes", types.of<bool>()}, {"plan", types.of<set_plan>()},
         {"token", types.of<std::string>()}})); }, ""},
    {"drift", "What runs, what is stored, and the newest on disk", nullptr,
     [](type_schemas& types) { return as_json(object_of({{"drifts", types.of<bool>()},
         {"components", types.of<std::vector<component_drift>>()}})); }, ""},
    {"operations", "The newest operations", nullptr,
     [](type_schemas& types) { return as_json(object_of({{"operations", object{{"type", "array"},
         {"items", operation_schema(types)}}}})); }, "most"},
    {"operation", "One operation, as it is when it ends or when the wait is over", nullptr, nullptr, "wait_ns"},
    {"events", "Events, each with its number, as server-sent events", nullptr,
     [](type_schemas& types) { return content("text/event-stream", types.of<event>()); }, "after"},
    {"metrics", "Counts and lengths, in the text format of Prometheus", nullptr,
     [](type_schemas& types) { return content("text/plain", types.of<std::string>()); }, ""},
    {"audit", "The newest lines of the audit", nullptr,
     [](type_schemas&) { return as_json(object_of({{"lines", object{{"type", "array"}, {"items", object{{"type", "object"}}}}}})); }, "most"},
    {"snapshot", "A component's state, as a frame", nullptr, [](type_schemas&) { return binary(); }, ""},
    {"settings", "A component's settings that change while it runs", nullptr,
     [](type_schemas& types) { return as_json(object_of({{"component", types.of<std::string>()}, {"settings", types.of<settings>()}})); }, ""},
    {"swap", "Replace components by other releases, as one", &body_of<swap_body>, nullptr, ""},
    {"revert", "Go back to the release before, and keep what was written since", &body_of<revert_body>, nullptr, ""},
    {"restore", "Put a frame under the running release", [](type_schemas&) { return binary(); }, nullptr, "reason"},
    {"configure", "Change settings, all or none; values are texts", &body_of<configure_body>, nullptr, ""},
    {"checkpoint", "Write the state of all components to the store", &body_of<plain_body>, nullptr, ""},
    {"abort", "Stop an operation; if it has committed, revert it", &body_of<plain_body>, nullptr, ""},
    {"load", "Load a component that does not run yet", &body_of<load_body>, nullptr, ""},
    {"unload", "End a component; only a store keeps its state", &body_of<unload_body>, nullptr, ""},
}};
// clang-format on

description const* description_of(std::string_view verb) {
    for (auto const& each : descriptions)
        if (each.verb == verb) return &each;
    return nullptr;
}

json::array parameters_of(control_verb const& verb, std::string_view query) {
    json::array all;
    auto const add = [&](std::string_view name, std::string_view where) {
        object one{{"name", name}, {"in", where}, {"schema", object{{"type", "string"}}}};
        if (where == "path") one["required"] = true;
        all.push_back(std::move(one));
    };
    if (verb.path.find('*') != verb.path.npos)
        add(verb.path.find("operations") != verb.path.npos ? "id" : "component", "path");
    while (!query.empty()) {
        auto const end = std::min(query.find(','), query.size());
        add(query.substr(0, end), "query");
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return all;
}

object request_of(control_verb const& verb, type_schemas& types) {
    auto const* const about = description_of(verb.name);
    object made{{"operationId", verb.name}};
    if (about == nullptr) return made;
    made["summary"] = about->summary;
    made["description"] = fmt::format("Needs the role {}.", to_string(verb.role));
    if (auto parameters = parameters_of(verb, about->query); !parameters.empty())
        made["parameters"] = std::move(parameters);
    if (about->body != nullptr) made["requestBody"] = about->body(types);
    auto good = about->answer != nullptr ? about->answer(types) : as_json(operation_schema(types));
    good["description"] = about->answer != nullptr ? "the answer" : "the operation; 202 while it runs";
    auto refused = as_json(object_of({{"error", types.of<failure>()}}));
    refused["description"] = "refused: the code, and what to do";
    made["responses"] = object{{"200", std::move(good)}, {"default", std::move(refused)}};
    return made;
}

std::string in_braces(std::string_view path) {
    std::string made(path);
    auto const at = made.find('*');
    if (at != std::string::npos)
        made.replace(at, 1, path.find("operations") != path.npos ? "{id}" : "{component}");
    return made;
}

}  // namespace

json::value openapi() {
    type_schemas types;
    object paths;
    for (auto const& verb : control_verbs()) {
        auto& at = paths[in_braces(verb.path)];
        if (!at.is_object()) at = object();
        at.get_object()[verb.method == "GET" ? "get" : "post"] = request_of(verb, types);
    }
    auto const release =
        fmt::format("{}.{}.{}", HOTSWAP_VERSION_MAJOR, HOTSWAP_VERSION_MINOR, HOTSWAP_VERSION_PATCH);
    return object{{"openapi", "3.1.0"},
                  {"info", object{{"title", "hotswap control interface"}, {"version", release}}},
                  {"paths", std::move(paths)},
                  {"components", object{{"schemas", types.take()}}}};
}

std::string openapi_text() { return indented(openapi()) + "\n"; }

}  // namespace hotswap::detail
