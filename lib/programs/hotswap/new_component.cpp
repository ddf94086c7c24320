#include "programs/hotswap/component_template.hpp"
#include "programs/hotswap/verbs.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <system_error>

namespace hotswap::cli {

namespace {

exit_code new_component(session& with, std::string const& name, std::filesystem::path const& root,
                        bool only_shows) {
    std::error_code error;
    auto const in = std::filesystem::directory_iterator(root, error);
    if (!error && in != std::filesystem::directory_iterator())
        return with.fail(
            detail::refuse(errc::invalid_argument, phase::none,
                           "{} is there and not empty; choose another name or --directory", root.native()),
            exit_code::refused);
    file_changes changes(root);
    add_component_project(changes, name);
    if (only_shows) return with.tell(json::object{{"diff", changes.diff()}}, changes.diff(), exit_code::done);
    if (auto const written = changes.write(); !written) return with.fail(written.error(), exit_code::refused);
    json::array made;
    std::string text;
    for (auto const& [file, word] : changes.summary()) {
        made.push_back(json::string(file));
        text += fmt::format("  {}\n", file);
    }
    text = fmt::format(
        "{}:\n{}\nNext: cd {} && cmake -B build && cmake --build build && ctest --test-dir build && "
        "build/host\n",
        root.native(), text, root.native());
    return with.tell(json::object{{"directory", root.native()}, {"files", std::move(made)}}, text,
                     exit_code::done);
}

}  // namespace

void add_new_component(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand(
        "new-component",
        "Write a project: contract, state, release 1, host, tests; it builds and runs at once");
    auto const name = std::make_shared<std::string>();
    auto const directory = std::make_shared<std::string>();
    auto const only_shows = std::make_shared<bool>(false);
    verb->add_option("NAME", *name, "The component: lower-case letters, digits and _")->required();
    verb->add_option("--directory", *directory, "Where (NAME)");
    verb->add_flag("--dry-run", *only_shows, "Show a diff, and write nothing");
    verb->callback([=, &chosen] {
        chosen = [=](session& with) {
            return new_component(with, *name, directory->empty() ? *name : *directory, *only_shows);
        };
    });
}

}  // namespace hotswap::cli
