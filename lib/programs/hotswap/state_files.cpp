#include "programs/hotswap/state_files.hpp"

#include "base/refuse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>
#include <utility>
#include <vector>

namespace hotswap::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view freeze_mark = "frozen by hotswap new-version";

std::string word_of(std::uint32_t version) { return fmt::format("v{}", version); }

std::string own_name(component_project const& of) {
    auto const colons = of.state_type.rfind("::");
    return colons == std::string::npos ? of.state_type : of.state_type.substr(colons + 2);
}

std::string freeze(component_project const& of, probed_state const& state, std::string const& type) {
    return fmt::format(
        "\n// {}: the struct that {} was released with.\n"
        "static_assert(hotswap::layout_of<{}>().fingerprint == {:#018x}U,\n"
        "              \"this struct was released, so it never changes: put it back, and change the next "
        "version\");\n",
        freeze_mark, of.released.name, type, state.fingerprint);
}

// The number of the schema in the struct goes up; a struct without a schema gets one.
std::string with_next_schema(std::string text, component_project const& of, std::string const& name) {
    auto const next = of.released.schema_version + 1;
    std::regex const schema(R"((schema\s*\{\s*"[^"]*"\s*,\s*)[0-9]+)");
    if (std::regex_search(text, schema)) return std::regex_replace(text, schema, fmt::format("$01{}", next));
    auto const open = text.find('{', text.find(name));
    return text.insert(open + 1, fmt::format("\n    static constexpr hotswap::schema schema{{\"{}\", {}}};",
                                             of.component, next));
}

// A file whose name has the version as a word: v1.hpp, state_1.hpp.
bool names_version(fs::path const& file, std::uint32_t version) {
    return std::regex_search(file.stem().native(), std::regex("(^|[^0-9])" + std::to_string(version) + "$"));
}

state_names names_in(std::string const& namespaces, std::string const& own, std::uint32_t from) {
    auto const suffix = word_of(from);
    auto around = namespaces;
    around.resize(around.size() - suffix.size());
    if (around.ends_with("::")) around.resize(around.size() - 2);
    state_names made;
    made.before = word_of(from) + "::" + own;
    made.next = word_of(from + 1) + "::" + own;
    made.qualifier = around.empty() ? "::" : "::" + around + "::";
    if (around.empty()) return made;
    made.open = fmt::format("namespace {} {{\n\n", around);
    made.close = fmt::format("\n}}  // namespace {}\n", around);
    return made;
}

bool is_in_own_namespace(component_project const& of) {
    auto const word = word_of(of.released.schema_version);
    return of.state_namespaces == word || of.state_namespaces.ends_with("::" + word);
}

// states/v1.hpp → states/v2.hpp.
state_names add_next_file(file_changes& to, component_project const& of, fs::path const& file,
                          std::string const& text) {
    auto const from = of.released.schema_version;
    auto const number = std::to_string(from);
    auto stem = file.stem().native();
    stem = stem.substr(0, stem.size() - number.size()) + std::to_string(from + 1);
    auto const next = file.parent_path() / (stem + file.extension().native());
    // What was frozen is the earlier file's.
    auto content =
        text.substr(0, std::min(text.find(std::string("\n// ") + std::string(freeze_mark)), text.size()));
    auto const whole = of.state.in(content);
    content.replace(of.state.begin, whole.size(), with_next_schema(whole, of, own_name(of)));
    content = with_word(std::move(content), word_of(from), word_of(from + 1));
    content = std::regex_replace(content, std::regex("([Vv]ersion )" + number + "\\b"),
                                 fmt::format("$01{}", from + 1));
    to.create(next, std::move(content));
    auto names = names_in(of.state_namespaces, own_name(of), from);
    names.includes_from_below =
        fmt::format("#include \"../{}\"\n#include \"../{}\"\n", file.generic_string(), next.generic_string());
    return names;
}

// states.hpp with `namespace v1 { … }`: the next version follows at its end.
state_names append_next(file_changes& to, component_project const& of, fs::path const& file) {
    auto const from = of.released.schema_version;
    auto const text = content_of(of.state_source);
    auto around = of.state_namespaces;
    around.replace(around.size() - word_of(from).size(), std::string::npos, word_of(from + 1));
    auto const next =
        with_word(with_next_schema(of.state.in(text), of, own_name(of)), word_of(from), word_of(from + 1));
    to.append(file, fmt::format("namespace {} {{", around),
              fmt::format("\nnamespace {} {{\n\n{}\n\n}}  // namespace {}\n", around, next, around));
    auto names = names_in(of.state_namespaces, own_name(of), from);
    names.includes_from_below = fmt::format("#include \"../{}\"\n", file.generic_string());
    return names;
}

// Not the component's name alone, which the file that the state comes from may give to a class.
std::string own_space(component_project const& of, std::uint32_t version) {
    return fmt::format("{}_states::{}", of.component, word_of(version));
}

// The definitions of the file that the struct uses, by their names, in their order.
std::vector<std::pair<std::string, text_range>> used_by(std::string const& blank, text_range state) {
    std::vector<std::pair<std::string, text_range>> found;
    std::regex const head(R"(\b(struct|class|enum(\s+(class|struct))?)\s+([A-Za-z_0-9]+)\b[^;{}]*\{)");
    for (auto each = std::sregex_iterator(blank.begin(), blank.end(), head); each != std::sregex_iterator();
         ++each) {
        auto const at = static_cast<std::size_t>(each->position());
        if (at >= state.begin) break;
        auto const range = find_definition(blank, (*each)[4].str(), {});
        if (range && range->begin == at) found.emplace_back((*each)[4].str(), *range);
    }
    std::set<std::string> wanted;
    auto const uses = [](std::string const& text, std::string const& name) {
        return std::regex_search(text, std::regex("\\b" + name + "\\b"));
    };
    std::string reached = state.in(blank);
    for (bool grows = true; grows;) {
        grows = false;
        for (auto const& [name, range] : found)
            if (!wanted.contains(name) && uses(reached, name)) {
                wanted.insert(name);
                reached += range.in(blank);
                grows = true;
            }
    }
    std::erase_if(found, [&](auto const& each) { return !wanted.contains(each.first); });
    return found;
}

std::string state_file(component_project const& of, std::string const& text, std::string const& blank,
                       std::uint32_t version, std::string definition) {
    std::string body;
    for (auto const& [name, range] : used_by(blank, of.state)) body += range.in(text) + "\n";
    definition = with_word(std::move(definition), own_name(of), "state");
    return fmt::format(
        "// Version {0} of the state: all that a swap keeps.\n#pragma once\n\n{1}\nnamespace {2} "
        "{{\n\n{3}{4}\n\n}}  // namespace {2}\n",
        version, system_includes(text), own_space(of, version), body, definition);
}

// A struct in the component's own file moves into files of its own.
state_names extract(file_changes& to, component_project const& of, probed_state const& state) {
    auto const from = of.released.schema_version;
    auto const text = content_of(of.state_source);
    auto const blank = blanked(text);
    auto const definition = of.state.in(text);
    auto const frozen = fs::path("states") / (word_of(from) + ".hpp");
    auto const next = fs::path("states") / (word_of(from + 1) + ".hpp");
    to.create(frozen, state_file(of, text, blank, from, definition) +
                          freeze(of, state, own_space(of, from) + "::state"));
    to.create(next, state_file(of, text, blank, from + 1, with_next_schema(definition, of, own_name(of))));
    auto names = names_in(own_space(of, from), "state", from);
    names.includes_from_below = fmt::format("#include \"../{}\"\n#include \"../{}\"\n",
                                            frozen.generic_string(), next.generic_string());
    names.moved_to = next;
    return names;
}

}  // namespace

result<state_names> add_states(file_changes& to, component_project const& of, probed_state const& state,
                               fs::path const& root) {
    auto const file = of.state_source.lexically_relative(root);
    if (!is_in_own_namespace(of)) return extract(to, of, state);
    auto const from = of.released.schema_version;
    to.append(file, freeze_mark, freeze(of, state, of.state_namespaces + "::" + own_name(of)));
    if (names_version(file, from)) return add_next_file(to, of, file, content_of(of.state_source));
    return append_next(to, of, file);
}

std::string with_next_state(std::string text, component_project const& of, state_names const& names) {
    if (names.moved_to.empty() || of.state_source != of.class_source) return text;
    auto const blank = blanked(text);
    auto const space = own_space(of, of.released.schema_version + 1);
    std::string aliases;
    std::vector<text_range> gone;
    for (auto const& [name, range] : used_by(blank, of.state)) {
        aliases += fmt::format("using {0} = {1}::{0};\n", name, space);
        gone.push_back(range);
    }
    aliases += fmt::format("using {} = {}::state;", own_name(of), space);
    text.replace(of.state.begin, of.state.end - of.state.begin, aliases);
    for (auto each = gone.rbegin(); each != gone.rend(); ++each)
        text.erase(each->begin, each->end - each->begin);
    text.insert(end_of_includes(text), fmt::format("#include \"{}\"\n", names.moved_to.generic_string()));
    return text;
}

}  // namespace hotswap::cli
