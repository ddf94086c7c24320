#include "demo/campaign.hpp"

#include "demo/gateway_process.hpp"

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <string_view>

namespace demo {

namespace json = boost::json;

namespace {

// A swap with a rehearsal on a million rows, and a set of three of them, on a busy machine.
constexpr std::chrono::seconds longest_operation{120};

std::string component_of(step const& which) { return which.target.substr(which.target.rfind('/') + 1); }

std::string text_of(json::object const& from, std::string_view member) {
    auto const* const value = from.if_contains(member);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object object_of(json::object const& from, std::string_view member) {
    auto const* const value = from.if_contains(member);
    return value != nullptr && value->is_object() ? value->get_object() : json::object();
}

std::uint64_t number_of(json::object const& from, std::string_view member) {
    auto const* const value = from.if_contains(member);
    json::error_code error;
    return value == nullptr ? 0 : value->to_number<std::uint64_t>(error);
}

json::object object_in(gateway::reply const& got) {
    auto const value = got.json();
    return value.is_object() ? value.get_object() : json::object();
}

}  // namespace

campaign::campaign(campaign_options wanted, load& under)
    : wanted_(std::move(wanted)),
      load_(under),
      owner_(wanted_.control, longest_operation),
      steps_(campaign_steps(wanted_)) {}

std::string campaign::describe(std::size_t index) const {
    auto const& which = steps_[index];
    return which.refused ? "try " + which.about
                         : fmt::format("{} to {}", which.target.substr(1), which.expected);
}

json::object campaign::running(std::string const& component) {
    auto const status = object_in(owner_.send("GET", "/status"));
    if (auto const* const all = status.if_contains("components"); all != nullptr && all->is_array())
        for (auto const& each : all->get_array())
            if (text_of(each.as_object(), "name") == component) return each.as_object();
    return {};
}

void campaign::expect(bool holds, std::string const& claim) {
    if (!holds) load_.found().add("not so: " + claim);
}

void campaign::take(std::size_t index) {
    auto const& now = steps_[index];
    now.target.rfind('/') == 0 ? take_set(now) : take_one(now, component_of(now));
    auto const mapped = gateway::mapped_modules(wanted_.gateway);
    expect(mapped.size() == 3, fmt::format("three modules are mapped, not {}", fmt::join(mapped, ", ")));
}

void campaign::take_one(step const& now, std::string const& component) {
    auto const before = running(component);
    auto const body = now.body.empty() ? std::string() : json::serialize(now.body);

    auto const begin = clock::now();
    auto const got = owner_.send("POST", now.target, body);
    now.refused ? was_refused(now, got, begin) : committed(now, got, begin);

    auto const after = running(component);
    auto const generation = [](json::object const& of) {
        return number_of(object_of(of, "running"), "generation");
    };
    if (now.refused)
        expect(generation(before) != 0 && generation(before) == generation(after),
               fmt::format("after a refusal the old generation of {} continues to serve", component));
    else
        expect(text_of(object_of(after, "running"), "release") == now.expected,
               fmt::format("{} runs {} now", component, now.expected));
    check_counts(before, after);
}

void campaign::take_set(step const& now) {
    json::array set;
    for (auto const& [component, options] : now.body)
        set.push_back({{"component", component}, {"options", options}});
    auto const begin = clock::now();
    auto const got = owner_.send("POST", now.target, json::serialize(set));
    expect(got.status == 200, fmt::format("{} of all is done: {} {}", now.target, got.status, got.body));
    if (got.status != 200) return;
    auto const report = object_in(got);
    for (auto const& each : report.at("components").as_array())
        note(text_of(each.as_object(), "component"), each.as_object(), begin);
    for (auto const& [component, options] : now.body)
        expect(text_of(object_of(running(component), "running"), "release") == now.expected,
               fmt::format("{} runs {} now, as all of its set", std::string_view(component), now.expected));
}

/// Every swap between releases that count keeps the counts; release 0.1.0 does not count.
void campaign::check_counts(json::object const& before, json::object const& after) {
    for (auto const* const each : {&before, &after})
        if (text_of(object_of(*each, "running"), "release") == "0.1.0") return;
    auto const counts = object_of(after, "statistics");
    for (std::string_view const name :
         {"admitted", "refused", "opened", "ended", "hits", "misses", "evictions"})
        if (counts.contains(name))
            expect(number_of(counts, name) >= number_of(object_of(before, "statistics"), name),
                   fmt::format("{} never counts back: {}", text_of(after, "name"), name));
    expect(!counts.contains("evictions") || number_of(counts, "evictions") == 0,
           "the cache has room for all items");
}

void campaign::committed(step const& taken, gateway::reply const& got, clock::time_point begin) {
    expect(got.status == 200, fmt::format("{} is done: {} {}", taken.target, got.status, got.body));
    if (got.status != 200) return;
    note(component_of(taken), object_in(got), begin);
}

void campaign::note(std::string const& component, json::object report, clock::time_point begin) {
    auto const unload = object_of(report, "unload");
    if (text_of(unload, "verdict") == "unmapped")
        ++unmapped_;
    else
        expect(false, fmt::format("the old {} is unmapped: {}", component, json::serialize(unload)));
    swaps_.push_back({.report = std::move(report), .begin = begin, .end = clock::now()});
}

void campaign::was_refused(step const& taken, gateway::reply const& got, clock::time_point begin) {
    auto const why = object_in(got);
    expect(got.status >= 400 && got.status != 500 && text_of(why, "code") == taken.expected,
           fmt::format("{} is refused as {}: {} {}", taken.about, taken.expected, got.status, got.body));
    auto const body = taken.body.empty() ? std::string() : " " + json::serialize(taken.body);
    refusals_.push_back({.about = taken.about,
                         .request = fmt::format("POST {}{}", taken.target, body),
                         .status = got.status,
                         .code = text_of(why, "code"),
                         .message = text_of(why, "message"),
                         .begin = begin,
                         .end = clock::now()});
}

}  // namespace demo
