#include "module/layout_type.hpp"
#include "programs/hotswap/next_version.hpp"
#include "programs/hotswap/verbs.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <system_error>

namespace hotswap::cli {

namespace {

// The struct in the sources has to be the one that went out: a struct that was edited since cannot be frozen.
result<void> prove(component_project const& of, probed_state const& state) {
    auto const& all = of.released.states;
    auto const released = std::ranges::find(all, of.released.schema_version, &inspected_state::version);
    if (released == all.end() || released->fingerprint == state.fingerprint) return {};
    auto const there = detail::parse_layout(released->layout);
    auto const here = detail::parse_layout(state.layout);
    auto const what = there && here ? detail::layout_difference(*there, *here) : std::string();
    return detail::refuse(errc::layout_changed, phase::none,
                          "{} is not the struct that {} was released with{}{}; put the released struct back: "
                          "the next version is "
                          "where it changes",
                          of.state_source.native(), of.released.name, what.empty() ? "" : ": ",
                          what.empty() ? what : what + " (\"there\" is the released module)");
}

exit_code new_version(session& with, version_request request, bool only_shows) {
    std::error_code error;
    request.root =
        std::filesystem::absolute(request.root.empty() ? "." : request.root, error).lexically_normal();
    if (!request.source.empty())
        request.source = std::filesystem::absolute(request.source, error).lexically_normal();
    auto const project = read_project(request);
    if (!project) return with.fail(project.error(), exit_code::refused);
    auto const state = probe_state(request.root, project->module_source, project->module_source,
                                   fmt::format("::{}::state", project->class_name), value_of_state(*project));
    if (!state) return with.fail(state.error(), exit_code::refused);
    if (auto const is_released = prove(*project, *state); !is_released)
        return with.fail(is_released.error(), exit_code::refused);
    file_changes changes(request.root);
    if (auto const added = add_next_version(changes, *project, *state, request.root); !added)
        return with.fail(added.error(), exit_code::refused);
    auto const from = project->released.schema_version;
    if (only_shows) return with.tell(json::object{{"diff", changes.diff()}}, changes.diff(), exit_code::done);
    if (auto const written = changes.write(); !written) return with.fail(written.error(), exit_code::refused);
    json::array files;
    std::string text;
    for (auto const& [file, word] : changes.summary()) {
        files.push_back(json::object{{"file", file}, {"change", word}});
        text += fmt::format("  {:6} {}\n", word, file);
    }
    text =
        changes.is_empty()
            ? fmt::format("version {} of {} is begun already: nothing to do\n", from + 1, project->component)
            : fmt::format(
                  "{}: version {} is frozen, as {} was released with it; version {} begins:\n{}Next: change "
                  "its struct, "
                  "fill in migrations/{}_to_{}.hpp and remove its #error.\n",
                  project->component, from, project->released.name, from + 1, text, from, from + 1);
    return with.tell(
        json::object{{"component", project->component}, {"version", from + 1}, {"files", std::move(files)}},
        text, exit_code::done);
}

}  // namespace

void add_new_version(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand(
        "new-version",
        "Freeze the released state of a component, and begin its next version with migrations and a release");
    auto const request = std::make_shared<version_request>();
    auto const only_shows = std::make_shared<bool>(false);
    verb->add_option("--directory", request->root, "The project (the current directory)");
    verb->add_option("--component", request->component, "Which, if CMakeLists.txt has several");
    verb->add_option("--source", request->source,
                     "The file with HOTSWAP_COMPONENT, if CMakeLists.txt does not say it");
    verb->add_option("--released", request->released,
                     "The module that was released last (the newest in modules/ or build/)");
    verb->add_flag("--dry-run", *only_shows, "Show a diff, and write nothing");
    verb->callback(
        [=, &chosen] { chosen = [=](session& with) { return new_version(with, *request, *only_shows); }; });
}

}  // namespace hotswap::cli
