#include "programs/hotswap/next_version.hpp"

#include "base/refuse.hpp"
#include "module/layout_type.hpp"
#include "programs/hotswap/state_files.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <fmt/format.h>

#include <regex>
#include <span>

namespace hotswap::cli {

namespace fs = std::filesystem;

namespace {

std::string next_release(std::string const& release) {
    auto const major = std::stoul(release);
    return fmt::format("{}.0.0", major + 1);
}

// "counter_1.cpp" → "counter_2.cpp"; a name without that number gets the next one.
fs::path next_file(fs::path const& file, std::uint32_t version) {
    auto const stem = file.stem().native();
    std::regex const number("(^|[^0-9])" + std::to_string(version) + "$");
    auto const name =
        std::regex_search(stem, number)
            ? stem.substr(0, stem.size() - std::to_string(version).size()) + std::to_string(version + 1)
            : fmt::format("{}_{}", stem, version + 1);
    return file.parent_path() / (name + file.extension().native());
}

std::string fields_moved(detail::layout_type const& layout) {
    std::string text;
    for (auto const& each : layout.fields)
        text += fmt::format("    made.{} = std::move(from.{});\n", each, each);
    return text;
}

std::string migrations(state_names const& names, std::uint32_t from, detail::layout_type const& layout,
                       std::string const& includes) {
    auto const to = from + 1;
    return fmt::format(R"(// The way between versions {0} and {1} of the state, up and down.
#pragma once

{2}
#include <utility>

#error "version {1}: change its struct, fill in both migrations below, and remove this line"

{3}/// What version {1} has more than version {0} gets its value here.
inline {5} upgrade_{0}_to_{1}({4}&& from) {{
    {5} made;
{6}    return made;
}}

/// What version {0} has no place for is lost by a revert: then the history says hotswap::lossy<&downgrade_{1}_to_{0}>.
inline {4} downgrade_{1}_to_{0}({5}&& from) {{
    {4} made;
{6}    return made;
}}
{7})",
                       from, to, includes, names.open, names.before, names.next, fields_moved(layout),
                       names.close);
}

// The list of the history of the class, with the new migrations.
std::string with_history(std::string text, state_names const& names, std::uint32_t from) {
    auto const added =
        fmt::format("&{0}upgrade_{1}_to_{2}, &{0}downgrade_{2}_to_{1}", names.qualifier, from, from + 1);
    std::smatch found;
    std::regex const history(R"(using\s+history\s*=\s*hotswap::history<([^;]*)>\s*;)");
    if (std::regex_search(text, found, history)) {
        auto const earlier = found[1].str();
        auto const line =
            fmt::format("using history = hotswap::history<{}{}{}>;", earlier,
                        earlier.find_first_not_of(" \t\n") == std::string::npos ? "" : ", ", added);
        return text.replace(static_cast<std::size_t>(found.position()),
                            static_cast<std::size_t>(found.length()), line);
    }
    std::regex const state(R"((\n[ \t]*)using\s+state\s*=\s*[^;]+;)");
    if (!std::regex_search(text, found, state)) return text;
    auto const at = static_cast<std::size_t>(found.position() + found.length());
    return text.insert(at, fmt::format("{}using history = hotswap::history<{}>;", found[1].str(), added));
}

text_range history_in(std::string const& text) {
    std::smatch found;
    if (!std::regex_search(text, found, std::regex(R"(hotswap::history<[^;]*>)"))) return {};
    auto const at = static_cast<std::size_t>(found.position());
    return {at, at + static_cast<std::size_t>(found.length())};
}

// The macro with a release of its own says the next one.
std::string with_release(std::string const& text, std::string const& before, std::string const& next) {
    std::regex const macro("(HOTSWAP_COMPONENT\\([^)]*\")" +
                           std::regex_replace(before, std::regex("[.+]"), "\\$&") + "(\")");
    return std::regex_replace(text, macro, "$01" + next + "$02");
}

void add_golden(file_changes& to, component_project const& of, probed_state const& state) {
    frame about;
    about.schema = of.released.schema;
    about.version = of.released.schema_version;
    about.layout = state.fingerprint;
    std::vector<std::byte> bytes(frame_header_size);
    bytes.insert(bytes.end(), state.payload.begin(), state.payload.end());
    seal_frame(bytes, about);
    to.create(fs::path("golden") / fmt::format("{}-{}.snapshot", of.component, about.version),
              std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size()));
}

void add_to_cmake(file_changes& to, component_project const& of, std::string const& release,
                  fs::path const& source) {
    auto const mark = fmt::format("hotswap_add_component({} VERSION {}", of.component, release);
    auto call = of.cmake_call;
    if (call.empty())
        call = fmt::format("{} SOURCES {})", mark, source.generic_string());
    else {
        call = std::regex_replace(call, std::regex(R"(VERSION\s+[^\s)]+)"), "VERSION " + release);
        call = std::regex_replace(call, std::regex(R"(SOURCES\s+[^\s)]+)"),
                                  "SOURCES " + source.generic_string());
        call =
            std::regex_replace(call, std::regex(R"(hotswap_add_component\(\s*)"), "hotswap_add_component(");
    }
    to.append("CMakeLists.txt", mark,
              fmt::format("\n{}\nhotswap_add_golden_tests({} VERSION {} DIRECTORY golden)\n", call,
                          of.component, release));
}

}  // namespace

std::string value_of_state(component_project const& of) {
    auto const blank = blanked(content_of(of.state_source));
    std::smatch found;
    std::regex const sample(R"(\binline\s+[A-Za-z_0-9:]+\s+sample\s*\(\s*\))");
    for (auto each = std::sregex_iterator(blank.begin(), blank.end(), sample); each != std::sregex_iterator();
         ++each)
        if (namespaces_at(blank, static_cast<std::size_t>(each->position())) == of.state_namespaces)
            return fmt::format("::{}::sample()", of.state_namespaces);
    return "state()";
}

result<void> add_next_version(file_changes& to, component_project const& of, probed_state const& state,
                              fs::path const& root) {
    auto const from = of.released.schema_version;
    auto const layout = detail::parse_layout(state.layout);
    if (!layout)
        return detail::refuse(errc::control_failed, phase::none,
                              "the layout of the state is not understood: {}", state.layout);
    auto const names = add_states(to, of, state, root);
    if (!names) return names.error();
    auto const below = [&](fs::path const& file) { return file.lexically_relative(root); };
    auto const file = fs::path("migrations") / fmt::format("{}_to_{}.hpp", from, from + 1);
    to.create(file, migrations(*names, from, *layout, names->includes_from_below));
    auto const release = next_release(of.released.release);
    auto const word = fmt::format("v{}", from);
    auto const next_word = fmt::format("v{}", from + 1);
    auto const class_file = next_file(below(of.class_source), from);
    auto text = with_next_state(content_of(of.class_source), of, *names);
    auto const history = history_in(text);
    text = with_word(std::move(text), word, next_word, history);
    text = std::regex_replace(text, std::regex(fmt::format("(//[^\n]*\\bversion ){}\\b", from)),
                              fmt::format("$01{}", from + 1));
    text.insert(end_of_includes(text), fmt::format("#include \"{}\"\n", file.generic_string()));
    text = with_release(with_history(std::move(text), *names, from), of.released.release, release);
    to.create(class_file, std::move(text));
    auto module_file = class_file;
    if (of.module_source != of.class_source) {
        module_file = next_file(below(of.module_source), from);
        auto module = with_word(content_of(of.module_source), word, next_word);
        auto const before = of.class_source.filename().native();
        if (auto const at = module.find(before); at != std::string::npos)
            module.replace(at, before.size(), class_file.filename().native());
        to.create(module_file, with_release(module, of.released.release, release));
    }
    add_to_cmake(to, of, release, module_file);
    add_golden(to, of, state);
    return {};
}

}  // namespace hotswap::cli
