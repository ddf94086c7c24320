#include "programs/hotswap/modules.hpp"
#include "programs/hotswap/order.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <memory>
#include <vector>

namespace hotswap::cli {

namespace {

using words = std::vector<std::string>;

json::object members_of(words const& pairs) {
    json::object all;
    for (auto const& [name, value] : read_pairs(pairs)) all[name] = value;
    return all;
}

exit_code show(session& with, std::string const& name) {
    auto code = exit_code::done;
    auto const found = with.ask("GET", "/v1/settings/" + encoded(name), nullptr, code);
    if (!found) return code;
    std::string text;
    for (auto const& each : found->at("settings").as_object())
        text +=
            fmt::format("{}={}\n", std::string_view(each.key()), std::string_view(each.value().as_string()));
    return with.tell(*found, text, code);
}

exit_code change(session& with, std::string const& name, words const& pairs) {
    return with.operate("/v1/configure", {{"component", name}, {"changes", members_of(pairs)}},
                        with.patience(default_patience));
}

exit_code load(session& with, std::string const& text, words const& pairs) {
    auto const equals = text.find('=');
    json::object options;
    if (equals != std::string::npos) options["module"] = module_of(text.substr(equals + 1));
    if (!pairs.empty()) options["settings"] = members_of(pairs);
    return with.operate("/v1/load", {{"component", text.substr(0, equals)}, {"options", std::move(options)}},
                        with.patience(default_patience));
}

}  // namespace

void add_configure(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("configure", "Change settings of a running component, or show them");
    auto const name = std::make_shared<std::string>();
    auto const pairs = std::make_shared<words>();
    verb->add_option("COMPONENT", *name, "The component")->required();
    verb->add_option("NAME=VALUE", *pairs,
                     "The settings to change: all of them, or none; without any, show all");
    verb->callback([=, &chosen] {
        chosen = [=](session& with) {
            return pairs->empty() ? show(with, *name) : change(with, *name, *pairs);
        };
    });
}

void add_load(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("load", "Load a component that does not run yet");
    auto const what = std::make_shared<std::string>();
    auto const pairs = std::make_shared<words>();
    verb->add_option("COMPONENT", *what, "The component, or COMPONENT=FILE")->required();
    verb->add_option("NAME=VALUE", *pairs, "What the host gives it as its settings");
    verb->callback([=, &chosen] { chosen = [=](session& with) { return load(with, *what, *pairs); }; });
}

}  // namespace hotswap::cli
