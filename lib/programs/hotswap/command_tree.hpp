// The command line as data, read from its parser: for completion and for the manual page.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <string>
#include <vector>

namespace hotswap::cli {

struct command_option {
    std::string name{};   ///< "--socket"; of a positional one "COMPONENT"
    std::string words{};  ///< what it is for
    bool takes_value = false;
    bool is_positional = false;
    bool is_required = false;
    bool is_many = false;
};

struct command {
    std::string name{};
    std::string words{};
    std::vector<command_option> options{};
    std::vector<command> verbs{};
};

/// The parser's own verbs and options, without those that have no description.
command read_parser(CLI::App const& from);

std::string bash_completion(command const& of);
std::string zsh_completion(command const& of);
std::string fish_completion(command const& of);
/// In the macros of man(7). `footer`: the exit statuses.
std::string manual_page(command const& of, std::string const& release, std::string const& footer);

}  // namespace hotswap::cli
