#include "control/verbs.hpp"

#include "base/refuse.hpp"

#include <algorithm>
#include <array>

namespace hotswap::detail {

namespace {

using enum control_role;

// clang-format off
constexpr std::array verbs{
    control_verb{"status", "GET", "/v1/status", viewer, false, false},
    control_verb{"plan", "POST", "/v1/plan", viewer, false, true},
    control_verb{"drift", "GET", "/v1/drift", viewer, false, true},
    control_verb{"operations", "GET", "/v1/operations", viewer, false, false},
    control_verb{"operation", "GET", "/v1/operations/*", viewer, false, false},
    control_verb{"events", "GET", "/v1/events", viewer, false, false},
    control_verb{"metrics", "GET", "/v1/metrics", viewer, false, true},
    control_verb{"audit", "GET", "/v1/audit", operator_, false, true},
    control_verb{"snapshot", "GET", "/v1/snapshot/*", operator_, false, true},
    control_verb{"settings", "GET", "/v1/settings/*", operator_, false, true},
    control_verb{"swap", "POST", "/v1/swap", operator_, true, false},
    control_verb{"revert", "POST", "/v1/revert", operator_, true, false},
    control_verb{"restore", "POST", "/v1/restore/*", operator_, true, false},
    control_verb{"configure", "POST", "/v1/configure", operator_, true, false},
    control_verb{"checkpoint", "POST", "/v1/checkpoint", operator_, true, false},
    control_verb{"abort", "POST", "/v1/operations/*/abort", operator_, true, false},
    control_verb{"load", "POST", "/v1/load", admin, true, false},
    control_verb{"unload", "POST", "/v1/unload", admin, true, false},
};
// clang-format on

bool is_at(std::string_view pattern, std::vector<std::string> const& path) {
    for (auto const& segment : path) {
        if (!pattern.starts_with('/')) return false;
        pattern.remove_prefix(1);
        auto const wanted = pattern.substr(0, pattern.find('/'));
        if (wanted != "*" && wanted != segment) return false;
        pattern.remove_prefix(wanted.size());
    }
    return pattern.empty();
}

}  // namespace

std::span<control_verb const> control_verbs() noexcept { return verbs; }

result<control_verb const*> find_verb(control_request const& request) {
    for (auto const& each : verbs)
        if (each.method == request.method && is_at(each.path, request.path)) return &each;
    std::string known;
    for (auto const& each : verbs)
        known += fmt::format("{}{} {}", known.empty() ? "" : ", ", each.method, each.path);
    return refuse(errc::no_such_verb, phase::none, "here is no {} /{}; here are {}", request.method,
                  fmt::join(request.path, "/"), known);
}

}  // namespace hotswap::detail
