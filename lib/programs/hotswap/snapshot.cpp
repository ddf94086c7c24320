#include "module/file_io.hpp"
#include "programs/hotswap/states.hpp"
#include "programs/hotswap/verbs.hpp"

#include <hotswap/detail/state/frame.hpp>

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

// Never over a file that is there: a golden snapshot is of a release that went out.
exit_code keep_golden(session& with, std::string const& name, std::filesystem::path const& directory) {
    auto code = exit_code::done;
    auto const frame = with.ask_for_bytes("GET", "/v1/snapshot/" + encoded(name), {}, code);
    if (!frame) return code;
    auto const bytes = std::as_bytes(std::span(*frame));
    auto const about = read_frame(bytes);
    if (!about) return with.fail(about.error(), exit_code::refused);
    auto const file = directory / fmt::format("{}-{}.snapshot", name, about->version);
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (std::filesystem::exists(std::filesystem::symlink_status(file)))
        return with.fail(
            detail::refuse(errc::invalid_argument, phase::none,
                           "{} is there already, and a golden snapshot never changes; choose another "
                           "directory, or remove it if its version was never released",
                           file.native()),
            exit_code::refused);
    if (int const failed = detail::replace_file(file, bytes, 0644); failed != 0)
        return with.fail(detail::refuse(errc::control_failed, phase::none,
                                        "{} cannot be written ({}); choose another directory", file.native(),
                                        std::generic_category().message(failed)),
                         exit_code::refused);
    return with.tell(json::object{{"component", name}, {"file", file.native()}, {"version", about->version}},
                     fmt::format("{}: version {} of {}; hotswap_add_golden_tests makes a test of it\n",
                                 file.native(), about->version, about->schema),
                     code);
}

}  // namespace

void add_golden(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand(
        "golden", "Keep a running state as a golden snapshot, for the tests of later releases");
    auto const name = std::make_shared<std::string>();
    auto const directory = std::make_shared<std::string>();
    verb->add_option("COMPONENT", *name, "The component")->required();
    verb->add_option("DIRECTORY", *directory, "Where; the file is COMPONENT-VERSION.snapshot")->required();
    verb->callback(
        [=, &chosen] { chosen = [=](session& with) { return keep_golden(with, *name, *directory); }; });
}

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
    auto const module = std::make_shared<std::string>();
    auto const other = std::make_shared<std::string>();
    auto* const show = verb->add_subcommand("show", "Show a saved state as JSON; needs no host");
    show->add_option("FILE", *file, "The file")->required();
    show->add_option("--module", *module, "A module that knows the state's version; nothing of it runs")
        ->required();
    show->callback(
        [=, &chosen] { chosen = [=](session& with) { return show_state(with, *file, *module); }; });
    auto* const diff = verb->add_subcommand(
        "diff", "Show where two saved states differ; exit status 2 if they do; needs no host");
    diff->add_option("FROM", *file, "The one file")->required();
    diff->add_option("TO", *other, "The other file")->required();
    diff->add_option("--module", *module, "A module that knows their versions; nothing of it runs")
        ->required();
    diff->callback(
        [=, &chosen] { chosen = [=](session& with) { return diff_states(with, *file, *other, *module); }; });
    add("restore", "Put the state of a file under the running release; what was written since is lost",
        &restore);
}

}  // namespace hotswap::cli
