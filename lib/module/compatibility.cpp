#include "module/compatibility.hpp"

#include "module/checked.hpp"
#include "module/layout_type.hpp"
#include "module/release.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hotswap::detail {

namespace {

inspected_state const* state_of(inspection const& of, std::uint32_t version) {
    auto const found = std::ranges::find(of.states, version, &inspected_state::version);
    return found == of.states.end() ? nullptr : &*found;
}

void check_identity(inspection const& next, inspection const& released, std::vector<finding>& found) {
    auto const before = release::parse(released.release);
    auto const now = release::parse(next.release);
    if (before && now && !(*now > *before))
        found.push_back(warning(errc::lint_refused, next.release,
                                fmt::format("{} has release {}, and {} was released as {}", next.name,
                                            next.release, released.name, released.release),
                                "give it a higher release, so that it is the newest"));
    bool const serves = next.contract == released.contract &&
                        next.serves.oldest <= released.contract_number &&
                        released.contract_number <= next.serves.newest;
    if (!serves)
        found.push_back(refusing(errc::contract_mismatch, next.contract,
                                 fmt::format("{} serves contract {} {} to {}, and callers of {} have {} {}",
                                             next.name, next.contract, next.serves.oldest, next.serves.newest,
                                             released.name, released.contract, released.contract_number),
                                 "let the new contract extend the old one, or swap with "
                                 "swap_options::contract, which ends the handles"));
    if (!released.schema.empty() && !next.schema.empty() && released.schema != next.schema)
        found.push_back(refusing(
            errc::schema_mismatch, next.schema,
            fmt::format("{} keeps {}, {} keeps {}", next.name, next.schema, released.name, released.schema),
            "keep the schema's name, and make a new version of it"));
}

void check_layouts(inspection const& next, inspection const& released, std::vector<finding>& found) {
    for (auto const& before : released.states) {
        auto const* const now = state_of(next, before.version);
        if (now == nullptr || now->fingerprint == before.fingerprint) continue;
        auto const there = parse_layout(before.layout);
        auto const here = parse_layout(now->layout);
        auto const what = there && here ? layout_difference(*there, *here) : std::string();
        found.push_back(
            refusing(errc::layout_changed, fmt::format("version {}", before.version),
                     fmt::format("{} has another struct for version {} than {}, which was released{}{}",
                                 next.name, before.version, released.name, what.empty() ? "" : ": ",
                                 what.empty() ? what : what + " (\"there\" is the released module)"),
                     "put the released struct back, and make a new version for the change"));
    }
}

void check_path(inspection const& next, inspection const& released, std::vector<finding>& found) {
    auto const from = released.schema_version;
    if (from > next.schema_version) {
        found.push_back(warning(
            errc::no_migration_path, fmt::format("version {}", from),
            fmt::format("{} keeps version {}, and {} version {}: a swap to it is a downgrade, which {} walks",
                        next.name, next.schema_version, released.name, from, released.name),
            "make the new release from the newest version"));
        return;
    }
    if (from < next.oldest_start)
        found.push_back(refusing(errc::no_migration_path, fmt::format("version {}", from),
                                 fmt::format("{} starts from version {}, {} keeps version {}", next.name,
                                             next.oldest_start, released.name, from),
                                 fmt::format("add the migration {} → {} to its history", from, from + 1)));
    if (from < next.oldest_back)
        found.push_back(
            warning(errc::not_reversible, fmt::format("version {}", from),
                    fmt::format("{} goes back to version {}, {} keeps version {}: a revert is refused",
                                next.name, next.oldest_back, released.name, from),
                    "add the downgrades, or swap on probation with discard_writes"));
    for (auto const& each : next.states)
        if (each.lossy && each.version > std::max(from, next.oldest_back))
            found.push_back(
                warning(errc::lossy_refused, fmt::format("version {}", each.version),
                        fmt::format("the downgrade {} → {} of {} loses data: a revert needs allow_loss",
                                    each.version, each.version - 1, next.name),
                        "nothing, if that is so"));
}

}  // namespace

std::vector<finding> check_against(inspection const& next, inspection const& released) {
    std::vector<finding> found;
    check_identity(next, released, found);
    check_layouts(next, released, found);
    check_path(next, released, found);
    std::stable_partition(found.begin(), found.end(),
                          [](finding const& f) { return f.severity == severity::refuse; });
    return found;
}

}  // namespace hotswap::detail
