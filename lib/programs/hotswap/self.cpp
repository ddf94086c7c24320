// The verbs about the command itself.
#include "control/openapi.hpp"
#include "programs/hotswap/command_tree.hpp"
#include "programs/hotswap/verbs.hpp"

#include <hotswap/version.hpp>

#include <fmt/format.h>

#include <memory>
#include <stdexcept>

namespace hotswap::cli {

namespace {

exit_code print(session& with, std::string const& name, std::string const& text) {
    return with.tell(json::object{{name, text}}, text, exit_code::done);
}

}  // namespace

void add_completion(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("completion", "Print the completion of a shell: bash, zsh or fish");
    auto const shell = std::make_shared<std::string>();
    verb->add_option("SHELL", *shell, "bash, zsh or fish")->required();
    verb->callback([=, &to, &chosen] {
        chosen = [=, &to](session& with) {
            auto const all = read_parser(to);
            if (*shell == "bash") return print(with, "completion", bash_completion(all));
            if (*shell == "zsh") return print(with, "completion", zsh_completion(all));
            if (*shell == "fish") return print(with, "completion", fish_completion(all));
            throw std::invalid_argument(*shell + ": there is completion for bash, zsh and fish");
        };
    });
}

void add_man(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("man", "Print the manual page, for man(1)");
    verb->callback([&to, &chosen] {
        chosen = [&to](session& with) {
            auto const release =
                fmt::format("{}.{}.{}", HOTSWAP_VERSION_MAJOR, HOTSWAP_VERSION_MINOR, HOTSWAP_VERSION_PATCH);
            return print(with, "page", manual_page(read_parser(to), release, to.get_footer()));
        };
    });
}

void add_openapi(CLI::App& to, chosen_verb& chosen) {
    auto* const verb =
        to.add_subcommand("openapi", "Print the description of the control interface's requests");
    verb->callback([&chosen] {
        chosen = [](session& with) {
            return with.tell(detail::openapi(), detail::openapi_text(), exit_code::done);
        };
    });
}

}  // namespace hotswap::cli
