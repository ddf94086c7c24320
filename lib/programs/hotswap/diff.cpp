#include "programs/hotswap/verbs.hpp"
#include "report/json_reader.hpp"

#include <hotswap/describe.hpp>
#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace hotswap::cli {

namespace {

std::string short_name(placed_module const& of) {
    return of.release.empty() ? "–" : fmt::format("{} {}", of.release, of.digest.substr(0, 8));
}

std::string table_of(std::vector<component_drift> const& all) {
    std::size_t name = 9;
    std::size_t place = 8;
    for (auto const& each : all) {
        name = std::max(name, each.name.size());
        for (auto const* const one : {&each.running, &each.stored, &each.newest})
            place = std::max(place, short_name(*one).size());
    }
    auto text = fmt::format("{:{}}  {:{}}  {:{}}  {:{}}\n", "COMPONENT", name, "RUNNING", place, "STORED",
                            place, "ON DISK", place);
    for (auto const& each : all) {
        text += fmt::format("{:{}}  {:{}}  {:{}}  {:{}}{}{}\n", each.name, name, short_name(each.running),
                            place, short_name(each.stored), place, short_name(each.newest), place,
                            each.stored_differs ? "  a restart would bring back another module" : "",
                            each.newest_differs ? "  a swap would change it" : "");
        if (!each.no_newest.empty()) text += fmt::format("  {}\n", each.no_newest);
    }
    return text;
}

}  // namespace

void add_diff(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand(
        "diff", "Compare what runs with what is stored and what lies on disk; exit status 2 if they differ");
    verb->callback([&chosen] {
        chosen = [](session& with) {
            auto code = exit_code::done;
            auto const found = with.ask("GET", "/v1/drift", nullptr, code);
            if (!found) return code;
            std::vector<component_drift> all;
            std::string const text = detail::json_reader(false).read(found->at("components"), all)
                                         ? table_of(all)
                                         : "the host's answer is not understood\n";
            return with.tell(*found, text,
                             found->at("drifts").as_bool() ? exit_code::pending : exit_code::done);
        };
    });
}

}  // namespace hotswap::cli
