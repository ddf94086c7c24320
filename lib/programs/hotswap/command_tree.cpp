#include "programs/hotswap/command_tree.hpp"

namespace hotswap::cli {

command read_parser(CLI::App const& from) {
    command made{.name = from.get_name(), .words = from.get_description()};
    for (auto const* const each : from.get_options()) {
        if (each->get_description().empty()) continue;
        bool const is_positional = each->get_positional();
        made.options.push_back({.name = is_positional ? each->get_name(true) : each->get_name(false, false),
                                .words = each->get_description(),
                                .takes_value = each->get_items_expected_max() != 0,
                                .is_positional = is_positional,
                                .is_required = each->get_required(),
                                .is_many = each->get_items_expected_max() > 1});
    }
    for (auto const* const each : from.get_subcommands([](CLI::App const*) { return true; }))
        if (!each->get_description().empty()) made.verbs.push_back(read_parser(*each));
    return made;
}

}  // namespace hotswap::cli
