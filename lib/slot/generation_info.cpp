#include <hotswap/detail/slot/generation_info.hpp>

#include <fmt/format.h>

namespace hotswap {

std::string to_string(unload_report const& report) {
    auto text = fmt::format("{} {}", report.module, to_string(report.verdict));
    if (!report.reason.empty()) text += fmt::format(", held by: {}", report.reason);
    if (report.dropped_jobs != 0) text += fmt::format(", {} posted jobs dropped", report.dropped_jobs);
    for (std::string const& library : report.libraries)
        text += fmt::format(", {}, which {} needs, stays loaded", library, report.module);
    if (!report.not_kept.empty())
        text += fmt::format(", its last state is not in the store: {}", report.not_kept);
    return text;
}

}  // namespace hotswap
