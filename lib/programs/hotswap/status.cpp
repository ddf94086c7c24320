#include "programs/hotswap/colours.hpp"
#include "programs/hotswap/verbs.hpp"
#include "report/json_reader.hpp"

#include <hotswap/describe.hpp>

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace hotswap::cli {

namespace {

std::string condition_of(component_status const& of) {
    if (of.on_probation) return coloured(mood::warning, "on probation");
    if (of.swapping) return coloured(mood::warning, "changing");
    if (of.rolled_back) return coloured(mood::bad, "sent back") + ": " + of.rolled_back->message;
    if (of.checkpoint_fails)
        return coloured(mood::bad, "checkpoints fail") + ": " + of.checkpoint_fails->last.message;
    auto const well = coloured(mood::good, "serving");
    return of.retained.empty() ? well : well + "; old code stays: " + of.retained;
}

std::string table_of(json::value const& status) {
    std::vector<component_status> all;
    if (!detail::json_reader(false).read(status.at("components"), all))
        return "the host's status is not understood\n";
    std::size_t name = 9;
    std::size_t release = 7;
    for (auto const& each : all) {
        name = std::max(name, each.name.size());
        release = std::max(release, each.running.release.size());
    }
    auto text =
        fmt::format("{:{}}  {:{}}  GENERATION  SCHEMA  CONDITION\n", "COMPONENT", name, "RELEASE", release);
    for (auto const& each : all)
        text +=
            fmt::format("{:{}}  {:{}}  {:>10}  {:>6}  {}\n", each.name, name, each.running.release, release,
                        each.running.generation, each.running.schema_version, condition_of(each));
    return text;
}

}  // namespace

void add_status(CLI::App& to, chosen_verb& chosen) {
    auto* const verb =
        to.add_subcommand("status", "Show the components: release, generation, schema, condition");
    auto const watch = std::make_shared<bool>(false);
    verb->add_flag("--watch", *watch, "Show them again after each change, until interrupted");
    verb->callback([watch, &chosen] {
        chosen = [watch](session& with) {
            if (*watch)
                return with.follow("/v1/status?watch", [&with](auto, json::value const& status) {
                    with.tell(status, table_of(status), exit_code::done);
                    std::fflush(stdout);
                    return true;
                });
            auto code = exit_code::done;
            auto const status = with.ask("GET", "/v1/status", nullptr, code);
            return status ? with.tell(*status, table_of(*status), code) : code;
        };
    });
}

void add_events(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("events", "Show events as they come, until interrupted");
    auto const after = std::make_shared<std::string>();
    verb->add_option("--after", *after,
                     "Begin after the event of this number; 0: with the oldest that the host keeps");
    verb->callback([after, &chosen] {
        chosen = [after](session& with) {
            return with.follow("/v1/events" + (after->empty() ? std::string() : "?after=" + encoded(*after)),
                               [&with](auto, json::value const& data) {
                                   event what;
                                   auto const text = detail::json_reader(false).read(data, what)
                                                         ? to_string(what)
                                                         : json::serialize(data);
                                   with.tell(data, text + "\n", exit_code::done);
                                   std::fflush(stdout);
                                   return true;
                               });
        };
    });
}

}  // namespace hotswap::cli
