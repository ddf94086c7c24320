#include "operation_body.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace gateway {

namespace json = boost::json;

namespace {

json::object parsed(std::string const& body) {
    if (body.empty()) return {};
    json::error_code error;
    auto value = json::parse(body, error);
    if (error) throw bad_body("the body is not JSON: " + error.message());
    if (!value.is_object()) throw bad_body("the body is to be a JSON object, or empty");
    return std::move(value.get_object());
}

std::string text(std::string_view name, json::value const& value) {
    if (!value.is_string())
        throw bad_body(fmt::format("{} is to be a string, not {}", name, json::serialize(value)));
    return std::string(value.get_string());
}

bool yes_or_no(std::string_view name, json::value const& value) {
    if (!value.is_bool())
        throw bad_body(fmt::format("{} is to be true or false, not {}", name, json::serialize(value)));
    return value.get_bool();
}

std::chrono::nanoseconds duration(std::string_view name, json::value const& value) {
    json::error_code error;
    auto const count = value.to_number<std::int64_t>(error);
    if (error || count < 0)
        throw bad_body(
            fmt::format("{} is to be a number of nanoseconds, not {}", name, json::serialize(value)));
    return std::chrono::nanoseconds(count);
}

hotswap::transfer transfer(std::string_view name, json::value const& value) {
    for (auto const how : {hotswap::transfer::snapshot, hotswap::transfer::handoff})
        if (value.is_string() && value.get_string() == hotswap::to_string(how)) return how;
    throw bad_body(
        fmt::format("{} is to be \"snapshot\" or \"handoff\", not {}", name, json::serialize(value)));
}

hotswap::rehearse rehearsal(std::string_view name, json::value const& value) {
    for (auto const when : {hotswap::rehearse::never, hotswap::rehearse::when_new, hotswap::rehearse::always})
        if (value.is_string() && value.get_string() == hotswap::to_string(when)) return when;
    throw bad_body(fmt::format("{} is to be \"never\", \"when_new\" or \"always\", not {}", name,
                               json::serialize(value)));
}

/// What only a swap has.
bool read_probation(hotswap::probation& into, std::string_view name, json::value const& value) {
    if (name == "probation_ms")
        into.duration = duration(name, value) * 1'000'000;
    else if (name == "probation_interval_ms")
        into.interval = duration(name, value) * 1'000'000;
    else if (name == "probation_max_mean_latency_ns")
        into.max_mean_latency = duration(name, value);
    else
        return false;
    return true;
}

hotswap::arguments arguments(std::string_view name, json::value const& value) {
    if (!value.is_object())
        throw bad_body(fmt::format("{} is to be an object of strings, not {}", name, json::serialize(value)));
    hotswap::arguments given;
    for (auto const& [key, each] : value.get_object()) given.emplace(key, text(key, each));
    return given;
}

/// A name that cannot be a family's is a file's.
std::filesystem::path module_path(std::string const& name, std::filesystem::path const& modules) {
    bool const is_family = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_';
    });
    return is_family ? std::filesystem::path(name) : modules / name;
}

/// Reads what swaps and reverts have in common; false if `name` is something else.
template <class Options>
bool read_member(Options& into, std::string_view name, json::value const& value) {
    if (name == "allow_loss")
        into.allow_loss = yes_or_no(name, value);
    else if (name == "arguments")
        into.arguments = arguments(name, value);
    else if (name == "drain_deadline_ns")
        into.drain_deadline = duration(name, value);
    else if (name == "pause_budget_ns")
        into.pause_budget = duration(name, value);
    else
        return false;
    return true;
}

[[noreturn]] void refuse_member(std::string_view name, std::string_view more) {
    throw bad_body(
        fmt::format("there is no option {}; the body may have {}allow_loss, arguments, drain_deadline_ns and "
                    "pause_budget_ns",
                    name, more));
}

}  // namespace

hotswap::swap_options swap_options_from(std::string const& body, std::filesystem::path const& modules) {
    hotswap::swap_options options;
    for (auto const& [name, value] : parsed(body)) {
        if (read_member(options, name, value) || read_probation(options.probation, name, value)) continue;
        if (name == "module")
            options.module = module_path(text(name, value), modules);
        else if (name == "transfer")
            options.transfer = transfer(name, value);
        else if (name == "rehearse")
            options.rehearse = rehearsal(name, value);
        else if (name == "even_if_unchanged")
            options.even_if_unchanged = yes_or_no(name, value);
        else
            refuse_member(
                name,
                "module, transfer, rehearse, even_if_unchanged, probation_ms, probation_interval_ms, "
                "probation_max_mean_latency_ns, ");
    }
    return options;
}

hotswap::revert_options revert_options_from(std::string const& body) {
    hotswap::revert_options options;
    for (auto const& [name, value] : parsed(body))
        if (!read_member(options, name, value)) refuse_member(name, "");
    return options;
}

}  // namespace gateway
