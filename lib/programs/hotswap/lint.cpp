#include "module/compatibility.hpp"
#include "programs/hotswap/modules.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <iterator>
#include <memory>

namespace hotswap::cli {

namespace {

exit_code lint(session& with, files const& all, files const& released) {
    std::vector<inspection> before;
    for (auto const& each : released) before.push_back(judge(each));
    json::array found;
    std::string text;
    bool is_good = true;
    for (auto const& file : all) {
        auto const one = judge(file);
        auto findings = one.findings;
        for (auto const& each : before) {
            auto more = each.refusal() == nullptr ? detail::check_against(one, each) : each.findings;
            if (one.refusal() == nullptr) std::ranges::move(more, std::back_inserter(findings));
        }
        bool const refused =
            std::ranges::any_of(findings, [](auto const& f) { return f.severity == severity::refuse; });
        is_good = is_good && !refused;
        text += findings_in_words(one.name, findings);
        if (findings.empty())
            text += fmt::format("{}: {} {}: no fault\n", one.name, one.component, one.release);
        found.push_back(json::object{{"name", one.name},
                                     {"component", one.component},
                                     {"release", one.release},
                                     {"refused", refused},
                                     {"findings", detail::json_writer()(findings)}});
    }
    return with.show(json::object{{"modules", std::move(found)}}, text,
                     is_good ? exit_code::done : exit_code::refused);
}

}  // namespace

void add_lint(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand(
        "lint", "Check whether modules would be loaded, and can follow released ones; needs no host");
    auto const all = std::make_shared<files>();
    auto const released = std::make_shared<files>();
    verb->add_option("MODULE", *all, "The files")->required();
    verb->add_option("--against", *released,
                     "Modules that were released: whether their states, contracts and callers go on");
    verb->callback([=, &chosen] { chosen = [=](session& with) { return lint(with, *all, *released); }; });
}

}  // namespace hotswap::cli
