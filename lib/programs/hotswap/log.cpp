#include "control/audit_chain.hpp"
#include "programs/hotswap/verbs.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <stdexcept>

namespace hotswap::cli {

namespace {

using files = std::vector<std::filesystem::path>;

exit_code verify(session& with, files const& all) {
    auto const found = detail::check_audit(all);
    if (!found) return with.fail(found.error(), exit_code::refused);
    json::array faults;
    std::string text;
    for (auto const& each : found->faults) {
        faults.push_back(json::string(each));
        text += each + "\n";
    }
    text += fmt::format("{} lines, {} to {}: {}\n", found->lines, found->first, found->head.sequence,
                        found->faults.empty() ? "none is missing or altered"
                                              : fmt::format("{} faults", found->faults.size()));
    json::object const object{{"lines", found->lines},
                              {"first", found->first},
                              {"last", found->head.sequence},
                              {"hash", found->head.hash},
                              {"faults", std::move(faults)}};
    return with.tell(object, text, found->faults.empty() ? exit_code::done : exit_code::inconsistent);
}

std::string audit_line(json::object const& line) {
    auto const why = text_in(line, "reason");
    return fmt::format(
        "{} {:9} {:10} {} by {}{}{}\n", text_in(line, "time"), text_in(line, "what"), text_in(line, "verb"),
        text_in(line, "operation"), text_in(line, "user"), why.empty() ? "" : ": " + why,
        line.contains("outcome") ? ": " + text_in(line, "outcome") + " " + text_in(line, "code") : "");
}

// The newest lines, from the host.
exit_code ask_host(session& with) {
    auto code = exit_code::done;
    auto const found = with.ask("GET", "/v1/audit", nullptr, code);
    if (!found) return code;
    std::string text;
    for (auto const& each : found->at("lines").as_array()) text += audit_line(each.as_object());
    return with.tell(*found, text, code);
}

exit_code show(session& with, files const& all) {
    json::array lines;
    std::string text;
    for (auto const& file : all) {
        std::ifstream in(file);
        if (!in)
            return with.fail(detail::refuse(errc::control_failed, phase::none,
                                            "{} cannot be read; name the files of an audit", file.native()),
                             exit_code::refused);
        for (std::string each; std::getline(in, each);) {
            boost::system::error_code error;
            auto value = json::parse(each, error);
            if (error || !value.is_object()) continue;  // `--verify` names it
            text += audit_line(value.get_object());
            lines.push_back(std::move(value));
        }
    }
    return with.tell(json::object{{"lines", std::move(lines)}}, text, exit_code::done);
}

}  // namespace

void add_log(CLI::App& to, chosen_verb& chosen) {
    auto* const verb =
        to.add_subcommand("log", "Show the audit, or check that no line of it is missing or altered");
    auto const all = std::make_shared<files>();
    auto const checks = std::make_shared<bool>(false);
    verb->add_option("FILE", *all,
                     "The files of one audit, the oldest first; without any, the host's newest lines");
    verb->add_flag("--verify", *checks,
                   "Check the chain of lines; exit status 7 if one is missing or altered");
    verb->callback([=, &chosen] {
        chosen = [=](session& with) {
            if (all->empty() && *checks)
                throw std::invalid_argument("log --verify needs the files of the audit, the oldest first");
            return all->empty() ? ask_host(with) : *checks ? verify(with, *all) : show(with, *all);
        };
    });
}

}  // namespace hotswap::cli
