#include "programs/hotswap/command_tree.hpp"

#include <fmt/format.h>

#include <string_view>

namespace hotswap::cli {

namespace {

// A text that the macros do not read as one of their own.
std::string escaped(std::string_view text) {
    std::string made;
    for (char const c : text) {
        if (c == '\\')
            made += "\\e";
        else if (c == '-')
            made += "\\-";
        else
            made += c;
    }
    if (made.starts_with('.') || made.starts_with('\'')) made.insert(0, "\\&");
    return made;
}

std::string synopsis_of(command const& verb, std::string_view before) {
    auto text = fmt::format(".B {}{}\n", before, verb.name);
    for (auto const& each : verb.options) {
        if (!each.is_positional) continue;
        text += fmt::format(".I {}{}{}\n", each.is_required ? "" : "[", escaped(each.name),
                            std::string(each.is_many ? " ..." : "") + (each.is_required ? "" : "]"));
    }
    return text;
}

std::string options_of(command const& of) {
    std::string text;
    for (auto const& each : of.options)
        text +=
            fmt::format(".TP\n.B {}{}\n{}\n", escaped(each.name),
                        each.takes_value && !each.is_positional ? " \\fIVALUE\\fR" : "", escaped(each.words));
    return text;
}

std::string verb_text(command const& verb, std::string const& before) {
    auto text =
        ".SS\n" + synopsis_of(verb, before) + ".PP\n" + escaped(verb.words) + ".\n" + options_of(verb);
    for (auto const& each : verb.verbs) text += verb_text(each, before + verb.name + " ");
    return text;
}

}  // namespace

std::string manual_page(command const& of, std::string const& release, std::string const& footer) {
    auto text = fmt::format(".TH HOTSWAP 1 \"\" \"hotswap {}\" \"User Commands\"\n", release);
    text += fmt::format(".SH NAME\nhotswap \\- {}\n", escaped(of.words));
    text += ".SH SYNOPSIS\n.B hotswap\n[\\fIOPTION\\fR]... \\fIVERB\\fR [\\fIWORD\\fR]...\n";
    text +=
        ".SH DESCRIPTION\nA client of the control interface that a host opens. A host is named by "
        "\\-\\-socket or "
        "\\-\\-host; some verbs need none.\n";
    text += ".SH OPTIONS\nThey may stand before and after the verb.\n" + options_of(of);
    text += ".SH VERBS\n";
    for (auto const& each : of.verbs) text += verb_text(each, {});
    text += fmt::format(".SH \"EXIT STATUS\"\n{}\n", escaped(footer));
    text +=
        ".SH ENVIRONMENT\n.TP\n.B HOTSWAP_SOCKET\nthe host's control socket\n.TP\n.B HOTSWAP_HOST\nHOST:PORT "
        "of a "
        "host over TCP\n.TP\n.B HOTSWAP_TOKEN_FILE\na file with the token to show\n";
    return text + ".SH \"SEE ALSO\"\nThe page operator.md of hotswap's documents.\n";
}

}  // namespace hotswap::cli
