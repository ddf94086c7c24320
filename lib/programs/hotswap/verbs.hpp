// The verbs of the command line: each adds its subcommand, and what runs when it is called.
#pragma once

#include "programs/hotswap/session.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <functional>

namespace hotswap::cli {

/// What the chosen verb does. Empty until the command line is parsed.
using chosen_verb = std::function<exit_code(session&)>;

void add_status(CLI::App& to, chosen_verb& chosen);
void add_plan(CLI::App& to, chosen_verb& chosen);
void add_swap(CLI::App& to, chosen_verb& chosen);
void add_revert(CLI::App& to, chosen_verb& chosen);
void add_configure(CLI::App& to, chosen_verb& chosen);
void add_load(CLI::App& to, chosen_verb& chosen);
void add_unload(CLI::App& to, chosen_verb& chosen);
void add_checkpoint(CLI::App& to, chosen_verb& chosen);
void add_snapshot(CLI::App& to, chosen_verb& chosen);
void add_wait(CLI::App& to, chosen_verb& chosen);
void add_abort(CLI::App& to, chosen_verb& chosen);
void add_events(CLI::App& to, chosen_verb& chosen);
void add_log(CLI::App& to, chosen_verb& chosen);
void add_explain(CLI::App& to, chosen_verb& chosen);

}  // namespace hotswap::cli
