#include "programs/hotswap/command_tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace hotswap::cli {

namespace {

std::vector<std::string> verb_names(command const& of) {
    std::vector<std::string> all;
    for (auto const& each : of.verbs) all.push_back(each.name);
    return all;
}

std::vector<std::string> option_names(command const& of) {
    std::vector<std::string> all;
    for (auto const& each : of.options)
        if (!each.is_positional) all.push_back(each.name);
    return all;
}

// Verbs whose words are components, which the host names.
bool takes_components(command const& of) {
    return std::ranges::any_of(of.options, [](auto const& each) {
        return each.is_positional && each.name.starts_with("COMPONENT");
    });
}

std::vector<std::string> options_with_values(command const& of) {
    std::vector<std::string> all;
    for (auto const& each : of.options)
        if (!each.is_positional && each.takes_value) all.push_back(each.name);
    for (auto const& verb : of.verbs)
        for (auto& each : options_with_values(verb)) all.push_back(std::move(each));
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::string in_single_quotes(std::string text) {
    for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4)
        text.replace(at, 1, "'\\''");
    return "'" + text + "'";
}

}  // namespace

std::string bash_completion(command const& of) {
    std::string cases;
    for (auto const& each : of.verbs) {
        auto words = option_names(each);
        std::ranges::copy(verb_names(each), std::back_inserter(words));
        cases += fmt::format("        {}) words='{}'{} ;;\n", each.name, fmt::join(words, " "),
                             takes_components(each) ? "; names=1" : "");
    }
    return fmt::format(
        R"~(# bash completion of hotswap, made by `hotswap completion bash`
_hotswap() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} verb= words= names= i
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case ${{COMP_WORDS[i]}} in
        {0}) i=$((i + 1)) ;;
        {1}) verb=${{COMP_WORDS[i]}} && break ;;
        esac
    done
    case $verb in
        '') words='{2} {3}' ;;
{4}    esac
    [[ -z $names || $word == -* ]] || words+=" $("${{COMP_WORDS[0]}}" status 2>/dev/null | sed -n 's/ .*//; 2,$p')"
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o bashdefault -o default -F _hotswap hotswap
)~",
        fmt::join(options_with_values(of), "|"), fmt::join(verb_names(of), "|"),
        fmt::join(verb_names(of), " "), fmt::join(option_names(of), " "), cases);
}

std::string zsh_completion(command const& of) {
    auto const described = [](std::vector<command> const& all) {
        std::string text;
        for (auto const& each : all)
            text += fmt::format(" {}", in_single_quotes(each.name + ":" + each.words));
        return text;
    };
    auto const option_specs = [](command const& from) {
        std::string text;
        for (auto const& each : from.options) {
            if (each.is_positional) continue;
            auto words = each.words;
            for (auto& c : words)
                if (c == '[' || c == ']' || c == ':') c = ' ';
            text +=
                fmt::format(" {}", in_single_quotes(fmt::format("{}[{}]{}", each.name, words,
                                                                each.takes_value ? ":value:_files" : "")));
        }
        return text;
    };
    std::string cases;
    for (auto const& each : of.verbs) {
        cases += fmt::format("        {})", each.name);
        if (each.verbs.empty())
            cases += fmt::format(" _arguments -s{} '*: :{}' ;;\n", option_specs(each),
                                 takes_components(each) ? "_hotswap_components" : "_files");
        else
            cases += fmt::format(
                "\n            verbs=({})\n            _arguments -C -s{} '1: :->verb' '*: :_files'\n"
                "            [[ $state == verb ]] && _describe verb verbs ;;\n",
                described(each.verbs), option_specs(each));
    }
    return fmt::format(R"~(#compdef hotswap
# zsh completion of hotswap, made by `hotswap completion zsh`
_hotswap_components() {{
    compadd -- ${{(f)"$(hotswap status 2>/dev/null | sed -n '2,$s/ .*//p')"}}
    _files
}}
_hotswap() {{
    local -a verbs=({0})
    local line state
    _arguments -C -s{1} '1: :->verb' '*:: :->rest'
    case $state in
    verb) _describe verb verbs ;;
    rest)
        case $line[1] in
{2}        esac ;;
    esac
}}
_hotswap "$@"
)~",
                       described(of.verbs), option_specs(of), cases);
}

std::string fish_completion(command const& of) {
    std::string text = "# fish completion of hotswap, made by `hotswap completion fish`\n";
    auto const add = [&](std::string const& condition, std::string const& what, std::string const& words) {
        text +=
            fmt::format("complete -c hotswap{}{} {} -d {}\n", condition.empty() ? "" : " -n ",
                        condition.empty() ? "" : in_single_quotes(condition), what, in_single_quotes(words));
    };
    auto const options = [&](std::string const& condition, command const& from) {
        for (auto const& each : from.options)
            if (!each.is_positional)
                add(condition, fmt::format("{}-l {}", each.takes_value ? "-r " : "", each.name.substr(2)),
                    each.words);
    };
    options({}, of);
    std::string const components = "-a \"(hotswap status 2>/dev/null | sed -n '2,\\$s/ .*//p')\"";
    for (auto const& each : of.verbs) {
        if (takes_components(each)) add("__fish_seen_subcommand_from " + each.name, components, "running");
        add("__fish_use_subcommand", "-a " + each.name, each.words);
        options("__fish_seen_subcommand_from " + each.name, each);
        for (auto const& inner : each.verbs)
            add("__fish_seen_subcommand_from " + each.name, "-a " + inner.name, inner.words);
    }
    return text;
}

}  // namespace hotswap::cli
