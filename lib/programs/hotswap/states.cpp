#include "programs/hotswap/states.hpp"

#include "module/file_io.hpp"
#include "programs/hotswap/modules.hpp"
#include "report/indented_json.hpp"
#include "report/state_json.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

namespace hotswap::cli {

namespace {

struct shown_state {
    std::string schema{};
    std::uint32_t version = 0;
    json::value state{};
};

result<shown_state> read_state(std::filesystem::path const& file, inspection const& by) {
    auto const bytes = detail::read_regular_file(file);
    if (!bytes) return bytes.error();
    auto const frame = read_frame(*bytes);
    if (!frame) {
        auto why = frame.error();
        why.message = file.native() + ": " + why.message;
        return why;
    }
    for (auto const& each : by.states) {
        if (each.version != frame->version || each.fingerprint != frame->layout) continue;
        auto const layout = detail::parse_layout(each.layout);
        if (!layout) break;
        auto shown = detail::state_as_json(*layout, frame->payload);
        if (!shown) return shown.error();
        return shown_state{frame->schema, frame->version, std::move(*shown)};
    }
    return detail::refuse(
        errc::schema_mismatch, phase::none,
        "{} is {} {} with layout {:016x}, which {} does not know; name the module of a release that has "
        "this version",
        file.native(), frame->schema.empty() ? "a legacy state" : frame->schema, frame->version,
        frame->layout, by.name);
}

result<inspection> module_of_states(std::filesystem::path const& file) {
    auto said = judge(file);
    if (!said.states.empty()) return said;
    auto words = findings_in_words(said.name, said.findings);
    if (words.ends_with('\n')) words.pop_back();
    return detail::refuse(said.findings.empty() ? errc::no_descriptor : said.findings.front().code,
                          phase::none, "{}", words);
}

}  // namespace

exit_code show_state(session& with, std::filesystem::path const& frame, std::filesystem::path const& module) {
    auto const by = module_of_states(module);
    if (!by) return with.fail(by.error(), exit_code::refused);
    auto const shown = read_state(frame, *by);
    if (!shown) return with.fail(shown.error(), exit_code::refused);
    json::object const all{{"schema", shown->schema}, {"version", shown->version}, {"state", shown->state}};
    auto const text =
        fmt::format("{} {}\n{}\n", shown->schema, shown->version, detail::indented(shown->state));
    return with.tell(all, text, exit_code::done);
}

exit_code diff_states(session& with, std::filesystem::path const& from, std::filesystem::path const& to,
                      std::filesystem::path const& module) {
    auto const by = module_of_states(module);
    if (!by) return with.fail(by.error(), exit_code::refused);
    auto const before = read_state(from, *by);
    if (!before) return with.fail(before.error(), exit_code::refused);
    auto const after = read_state(to, *by);
    if (!after) return with.fail(after.error(), exit_code::refused);
    json::array changes;
    std::string text;
    for (auto const& each : detail::state_changes(before->state, after->state)) {
        changes.push_back(json::object{{"path", each.path}, {"from", each.from}, {"to", each.to}});
        text += fmt::format("{}: {} → {}\n", each.path, json::serialize(each.from), json::serialize(each.to));
    }
    bool const differ = !changes.empty();
    json::object const all{
        {"from_version", before->version}, {"to_version", after->version}, {"changes", std::move(changes)}};
    return with.tell(all, differ ? text : "the states are equal\n",
                     differ ? exit_code::pending : exit_code::done);
}

}  // namespace hotswap::cli
