#include "module/file_io.hpp"
#include "programs/hotswap/verbs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <system_error>

namespace hotswap::cli {

namespace {

exit_code save(session& with, std::string const& name, std::filesystem::path const& file) {
    auto code = exit_code::done;
    auto const frame = with.ask_for_bytes("GET", "/v1/snapshot/" + encoded(name), {}, code);
    if (!frame) return code;
    if (int const error = detail::replace_file(file, std::as_bytes(std::span(*frame)), 0600); error != 0)
        return with.fail(detail::refuse(errc::control_failed, phase::none,
                                        "{} cannot be written ({}); choose another file", file.native(),
                                        std::generic_category().message(error)),
                         exit_code::refused);
    return with.tell(json::object{{"component", name}, {"file", file.native()}, {"bytes", frame->size()}},
                     fmt::format("{}: {} bytes, the state of {}\n", file.native(), frame->size(), name),
                     code);
}

exit_code restore(session& with, std::string const& name, std::filesystem::path const& file) {
    auto const frame = detail::read_regular_file(file);
    if (!frame) return with.fail(frame.error(), exit_code::refused);
    auto code = exit_code::done;
    std::string_view const bytes(reinterpret_cast<char const*>(frame->data()), frame->size());
    auto const begun =
        with.ask_for_bytes("POST", "/v1/restore/" + encoded(name) + with.reason_query(), bytes, code);
    if (!begun) return code;
    return with.wait_for(with.id_of(*begun), with.patience(default_patience));
}

}  // namespace

void add_snapshot(CLI::App& to, chosen_verb& chosen) {
    auto* const verb =
        to.add_subcommand("snapshot", "Save a component's state in a file, or put a saved one back");
    verb->require_subcommand(1);
    auto const name = std::make_shared<std::string>();
    auto const file = std::make_shared<std::string>();
    auto const add = [&](char const* what, char const* text,
                         exit_code (*run)(session&, std::string const&, std::filesystem::path const&)) {
        auto* const each = verb->add_subcommand(what, text);
        each->add_option("COMPONENT", *name, "The component")->required();
        each->add_option("FILE", *file, "The file")->required();
        each->callback([=, &chosen] { chosen = [=](session& with) { return run(with, *name, *file); }; });
    };
    add("save", "Write the state to a file, while callers are served", &save);
    add("restore", "Put the state of a file under the running release; what was written since is lost",
        &restore);
}

}  // namespace hotswap::cli
