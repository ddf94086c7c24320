#include "programs/hotswap/order.hpp"

#include "programs/hotswap/duration.hpp"

#include <boost/json/array.hpp>

#include <filesystem>

namespace hotswap::cli {

std::string module_of(std::string const& text) {
    return text.find('/') == text.npos ? text : std::filesystem::absolute(text).lexically_normal().native();
}

void order::add_to(CLI::App& verb) {
    verb.add_option(
        "COMPONENT[=MODULE]", components,
        "The components, changed as one; each with a release or a file, or the newest release on disk");
    verb.add_option("--drain-deadline", drain_deadline, "How long to wait for the last call inside (5s)");
    verb.add_option("--pause-budget", pause_budget, "The longest pause allowed (none)");
    verb.add_option("--probation", probation, "How long a fault still sends the new release back (none)");
    verb.add_flag("--allow-loss", allow_loss, "Allow downgrades that are marked lossy");
    verb.add_flag("--pre-releases", pre_releases, "The newest release may be a pre-release");
}

json::object order::body() const {
    json::object shared;
    if (!drain_deadline.empty()) shared["drain_deadline_ns"] = duration_of(drain_deadline).count();
    if (!pause_budget.empty()) shared["pause_budget_ns"] = duration_of(pause_budget).count();
    if (!probation.empty())
        shared["probation"] = json::object{{"duration_ns", duration_of(probation).count()}};
    json::array members;
    for (auto const& each : components) {
        auto const equals = each.find('=');
        json::object options;
        if (equals != each.npos) options["module"] = module_of(each.substr(equals + 1));
        if (allow_loss) options["allow_loss"] = true;
        if (pre_releases) options["pre_releases"] = true;
        members.push_back(
            json::object{{"component", each.substr(0, equals)}, {"options", std::move(options)}});
    }
    if (members.size() != 1) return {{"components", std::move(members)}, {"set", std::move(shared)}};
    auto only = std::move(members.front().as_object());
    for (auto& each : shared) only["options"].as_object()[each.key()] = std::move(each.value());
    return only;
}

}  // namespace hotswap::cli
