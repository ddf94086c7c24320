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
void add_diff(CLI::App& to, chosen_verb& chosen);
void add_inspect(CLI::App& to, chosen_verb& chosen);
void add_lint(CLI::App& to, chosen_verb& chosen);
void add_rehearse(CLI::App& to, chosen_verb& chosen);
void add_golden(CLI::App& to, chosen_verb& chosen);
void add_keygen(CLI::App& to, chosen_verb& chosen);
void add_sign(CLI::App& to, chosen_verb& chosen);
void add_seal(CLI::App& to, chosen_verb& chosen);
void add_watch(CLI::App& to, chosen_verb& chosen);
void add_completion(CLI::App& to, chosen_verb& chosen);
void add_man(CLI::App& to, chosen_verb& chosen);
void add_openapi(CLI::App& to, chosen_verb& chosen);
void add_new_component(CLI::App& to, chosen_verb& chosen);
void add_new_version(CLI::App& to, chosen_verb& chosen);
void add_apply(CLI::App& to, chosen_verb& chosen);
void add_pools(CLI::App& to, chosen_verb& chosen);
void add_pool(CLI::App& to, chosen_verb& chosen);
void add_explain(CLI::App& to, chosen_verb& chosen);

}  // namespace hotswap::cli
