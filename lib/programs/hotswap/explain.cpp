#include "programs/hotswap/explanations.hpp"
#include "programs/hotswap/verbs.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace hotswap::cli {

namespace {

exit_code explain(session& with, std::string const& code) {
    auto const all = explanations();
    auto const found = std::ranges::find(all, code, &explanation::code);
    if (found == all.end()) {
        std::string known;
        for (auto const& each : all) known.append(known.empty() ? "" : ", ").append(each.code);
        return with.fail(detail::refuse(errc::invalid_argument, phase::none,
                                        "there is no code \"{}\"; there are {}", code, known),
                         exit_code::usage);
    }
    auto const text = fmt::format("{} ({})\n\nWhy: {}.\nWhat to do: {}.\n", found->code, found->kind,
                                  found->why, found->remedy);
    return with.tell(
        json::object{
            {"code", found->code}, {"kind", found->kind}, {"why", found->why}, {"remedy", found->remedy}},
        text, exit_code::done);
}

}  // namespace

void add_explain(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("explain", "Explain a code of a refusal; needs no host");
    auto const code = std::make_shared<std::string>();
    verb->add_option("CODE", *code, "For instance drain_timeout")->required();
    verb->callback([=, &chosen] { chosen = [=](session& with) { return explain(with, *code); }; });
}

}  // namespace hotswap::cli
