#include "programs/hotswap/component_project.hpp"

#include "base/refuse.hpp"
#include "module/release.hpp"
#include "programs/hotswap/file_changes.hpp"
#include "programs/hotswap/modules.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>
#include <system_error>

namespace hotswap::cli {

namespace fs = std::filesystem;

namespace {

/// hotswap_add_component(NAME VERSION x.y.z SOURCES a.cpp …)
struct cmake_component {
    std::string name{};
    std::string release{};
    std::string source{};
    std::string call{};
};

std::vector<cmake_component> components_of_cmake(fs::path const& root) {
    std::vector<cmake_component> all;
    auto const text = content_of(root / "CMakeLists.txt");
    std::regex const call(R"(hotswap_add_component\(\s*([^\s)]+)([^)]*)\))");
    std::regex const version(R"(VERSION\s+([^\s)]+))");
    std::regex const source(R"(SOURCES\s+([^\s)]+))");
    for (auto found = std::sregex_iterator(text.begin(), text.end(), call); found != std::sregex_iterator();
         ++found) {
        auto const words = (*found)[2].str();
        std::smatch its_version;
        std::smatch its_source;
        if (!std::regex_search(words, its_version, version) || !std::regex_search(words, its_source, source))
            continue;
        all.push_back({(*found)[1], its_version[1], its_source[1], found->str()});
    }
    return all;
}

failure cannot(std::string what) { return detail::refuse(errc::invalid_argument, phase::none, "{}", what); }

// The modules of the component below the root, in the places where builds put them.
std::vector<inspection> built_modules(fs::path const& root, std::string const& name) {
    std::vector<inspection> all;
    for (auto const* const directory :
         {"modules", "build", "build/modules", "build/dev", "build/release", "."}) {
        std::error_code error;
        for (auto const& each : fs::directory_iterator(root / directory, error)) {
            if (each.path().extension() != ".so" || !each.path().filename().native().starts_with(name + "-"))
                continue;
            auto said = judge(each.path());
            if (said.component == name && !said.states.empty()) all.push_back(std::move(said));
        }
    }
    return all;
}

result<inspection> released_module(version_request const& request, std::string const& name) {
    if (!request.released.empty()) {
        auto said = judge(request.released);
        if (!said.states.empty()) return said;
        return cannot(findings_in_words(said.name, said.findings));
    }
    auto all = built_modules(request.root, name);
    auto const order = [](inspection const& a, inspection const& b) {
        auto const one = detail::release::parse(a.release);
        auto const other = detail::release::parse(b.release);
        return one && other && *one < *other;
    };
    auto const newest = std::max_element(all.begin(), all.end(), order);
    if (newest != all.end()) return *newest;
    return cannot(fmt::format(
        "no module of {} was found in modules/ or build/; build the release that went out, or name it by "
        "--released, because the freeze is proved by it",
        name));
}

// The one component of the project, or the one that is named.
result<std::string> name_of_component(version_request const& request,
                                      std::vector<cmake_component> const& all) {
    if (!request.component.empty()) return request.component;
    std::set<std::string> names;
    for (auto const& each : all) names.insert(each.name);
    if (names.size() == 1) return *names.begin();
    if (!names.empty())
        return cannot(fmt::format("the project has the components {}; name one by --component",
                                  fmt::join(names, ", ")));
    if (!request.source.empty())
        return detail::family_of(request.released).empty() ? request.source.stem().native()
                                                           : detail::family_of(request.released);
    return cannot(
        "CMakeLists.txt calls no hotswap_add_component here; run this in the project, or name --source and "
        "--released");
}

result<void> find_class(component_project& made, fs::path const& root) {
    auto const text = content_of(made.module_source);
    std::smatch macro;
    std::regex const pattern(R"(HOTSWAP_COMPONENT\(\s*([A-Za-z_0-9:]+))");
    auto const blank = blanked(text);
    if (!std::regex_search(blank, macro, pattern))
        return cannot(made.module_source.native() +
                      " has no HOTSWAP_COMPONENT(class); name the file that has it by --source");
    made.class_name = macro[1];
    auto const own = made.class_name.substr(made.class_name.rfind(':') + 1);
    for (auto const& file : with_own_includes(made.module_source, root)) {
        auto const code = blanked(content_of(file));
        auto const found = find_definition(code, own, {});
        if (!found) continue;
        std::smatch alias;
        auto const body = found->in(code);
        std::regex const state(R"(using\s+state\s*=\s*([A-Za-z_0-9:]+)\s*;)");
        if (!std::regex_search(body, alias, state)) continue;
        made.class_source = file;
        made.state_type = alias[1];
        return {};
    }
    return cannot(fmt::format(
        "the class {} with its `using state = …;` was not found in {} and the files that it includes",
        made.class_name, made.module_source.native()));
}

result<void> find_state(component_project& made, fs::path const& root) {
    auto const colons = made.state_type.rfind("::");
    auto const own = colons == std::string::npos ? made.state_type : made.state_type.substr(colons + 2);
    auto const within = colons == std::string::npos ? std::string() : made.state_type.substr(0, colons);
    for (auto const& file : with_own_includes(made.module_source, root)) {
        auto const code = blanked(content_of(file));
        auto const found = find_definition(code, own, within);
        if (!found) continue;
        made.state_source = file;
        made.state = *found;
        made.state_namespaces = namespaces_at(code, found->begin);
        return {};
    }
    return cannot(fmt::format("the struct {} was not found in {} and the files that it includes by quotes",
                              made.state_type, made.module_source.native()));
}

}  // namespace

result<component_project> read_project(version_request const& request) {
    auto const all = components_of_cmake(request.root);
    auto const name = name_of_component(request, all);
    if (!name) return name.error();
    component_project made;
    made.component = *name;
    auto released = released_module(request, *name);
    if (!released) return released.error();
    made.released = std::move(*released);
    auto const entry = std::ranges::find_if(all, [&](cmake_component const& each) {
        return each.name == *name && (request.source.empty() ? each.release == made.released.release
                                                             : request.root / each.source == request.source);
    });
    if (entry != all.end()) made.cmake_call = entry->call;
    if (!request.source.empty())
        made.module_source = request.source;
    else if (entry != all.end())
        made.module_source = request.root / entry->source;
    else
        return cannot(
            fmt::format("CMakeLists.txt has no hotswap_add_component({} VERSION {} …), which {} is; name its "
                        "source by --source",
                        *name, made.released.release, made.released.name));
    if (!fs::exists(made.module_source)) return cannot(made.module_source.native() + " is not there");
    if (auto found = find_class(made, request.root); !found) return found.error();
    if (auto found = find_state(made, request.root); !found) return found.error();
    return made;
}

}  // namespace hotswap::cli
