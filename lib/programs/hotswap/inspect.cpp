#include "programs/hotswap/modules.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>
#include <hotswap/format.hpp>

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <memory>
#include <stdexcept>

namespace hotswap::cli {

namespace {

std::string description_of(inspection const& of) {
    if (of.component.empty()) return findings_in_words(of.name, of.findings);
    auto text = fmt::format("{}: {} {}\n", of.name, of.component, of.release);
    text += fmt::format("  contract    {} {}, serves {} to {}\n", of.contract, of.contract_number,
                        of.serves.oldest, of.serves.newest);
    text += fmt::format("  schema      {} {}, starts from {}, goes back to {}\n",
                        of.schema.empty() ? "legacy" : of.schema, of.schema_version, of.oldest_start,
                        of.oldest_back);
    for (auto const& each : of.states)
        text += fmt::format("    {:<3} {:016x}{}{}{} {}\n", each.version, each.fingerprint,
                            each.tables ? ", tables" : "", each.lossy ? ", loses on the way down" : "",
                            each.downgrades || each.version == 0 ? "" : ", no way down", each.layout);
    text += fmt::format("  toolchain   {}\n  build id    {}\n  digest      {}\n", of.toolchain, of.build_id,
                        of.digest);
    text += fmt::format("  sealed      {}\n", of.sealed ? "yes" : "no");
    for (auto const& each : of.keeps_mapped) text += fmt::format("  stays mapped: {}\n", each);
    return text + findings_in_words(of.name, of.findings);
}

exit_code inspect_all(session& with, files const& all) {
    json::array found;
    std::string text;
    bool is_good = true;
    for (auto const& file : all) {
        auto const one = judge(file);
        is_good = is_good && one.refusal() == nullptr;
        text += description_of(one);
        found.push_back(detail::json_writer()(one));
    }
    return with.show(json::object{{"modules", std::move(found)}}, text,
                     is_good ? exit_code::done : exit_code::refused);
}

}  // namespace

inspection judge(std::filesystem::path const& file) {
    auto said = hotswap::inspect(file, {.policy = {.check_ownership = false}, .as_host = false});
    if (said) return std::move(*said);
    inspection none;
    none.name = file.filename().native();
    none.findings.push_back({severity::refuse, said.error().code, file.native(), said.error().message,
                             "name a module that this user can read"});
    return none;
}

std::string findings_in_words(std::string const& name, std::vector<finding> const& findings) {
    std::string text;
    for (auto const& each : findings)
        text += fmt::format("{}: {} ({}): {}; {}\n", name,
                            each.severity == severity::refuse ? "refused" : "warning", to_string(each.code),
                            each.message, each.remedy);
    return text;
}

std::map<std::string, std::string, std::less<>> read_pairs(std::vector<std::string> const& words) {
    std::map<std::string, std::string, std::less<>> all;
    for (auto const& text : words) {
        auto const equals = text.find('=');
        if (equals == std::string::npos || equals == 0)
            throw std::invalid_argument(fmt::format("{}: expected NAME=VALUE", text));
        if (!all.emplace(text.substr(0, equals), text.substr(equals + 1)).second)
            throw std::invalid_argument(fmt::format("{} is given twice", text.substr(0, equals)));
    }
    return all;
}

void add_inspect(CLI::App& to, chosen_verb& chosen) {
    auto* const verb =
        to.add_subcommand("inspect", "Show what modules say of themselves, and their faults; needs no host");
    auto const all = std::make_shared<files>();
    verb->add_option("MODULE", *all, "The files")->required();
    verb->callback([=, &chosen] { chosen = [=](session& with) { return inspect_all(with, *all); }; });
}

}  // namespace hotswap::cli
