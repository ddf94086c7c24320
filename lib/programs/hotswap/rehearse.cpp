#include "rehearsal/frame_rehearsal.hpp"

#include "programs/hotswap/modules.hpp"
#include "rehearsal/helper_file.hpp"
#include "report/json_writer.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

namespace hotswap::cli {

namespace {

struct trial {
    std::filesystem::path module{};
    files frames{};
    std::filesystem::path helper{};
    std::vector<std::string> arguments{};
    std::vector<std::string> settings{};
};

exit_code rehearse(session& with, trial const& what) {
    auto const arguments = read_pairs(what.arguments);
    auto const settings = read_pairs(what.settings);
    auto const helper = detail::find_helper_file(what.helper);
    if (helper.empty())
        return with.fail(detail::refuse(errc::no_rehearsal, phase::rehearse,
                                        "there is no hotswap-rehearse{}; install it, or name it by --helper",
                                        what.helper.empty() ? "" : " at " + what.helper.native()),
                         exit_code::refused);
    auto const module = detail::read_module_to_try(what.module);
    if (!module) return with.fail(module.error(), exit_code::refused);
    json::array tried;
    std::string text;
    for (auto const& frame : what.frames) {
        std::vector<std::string> log;
        auto const path = detail::try_frame(what.module, *module, helper, frame, arguments, settings, log);
        for (auto const& line : log) fmt::print(stderr, "{}\n", line);
        if (!path) return with.fail(path.error(), exit_code::refused);
        text += fmt::format("{} begins with {}: versions {}\n", what.module.filename().native(),
                            frame.native(), fmt::join(path->versions, " → "));
        tried.push_back(
            json::object{{"frame", frame.native()}, {"path", detail::json_writer()(path->versions)}});
    }
    return with.tell(json::object{{"module", what.module.native()}, {"rehearsed", std::move(tried)}}, text,
                     exit_code::done);
}

}  // namespace

void add_rehearse(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand(
        "rehearse", "Try a module on saved states, in a process of its own; needs no host: for CI");
    auto const what = std::make_shared<trial>();
    verb->add_option("MODULE", what->module, "The file")->required();
    verb->add_option("FRAME", what->frames, "States that `snapshot save` or a golden test has written")
        ->required();
    verb->add_option("--helper", what->helper, "hotswap-rehearse (where the package has it)");
    verb->add_option("--argument", what->arguments, "NAME=VALUE, for migrations that take arguments");
    verb->add_option("--setting", what->settings, "NAME=VALUE, of the component");
    verb->callback([=, &chosen] { chosen = [=](session& with) { return rehearse(with, *what); }; });
}

}  // namespace hotswap::cli
