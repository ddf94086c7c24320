#include "control/serving.hpp"

#include "base/refuse.hpp"
#include "control/change_verbs.hpp"
#include "control/read_verbs.hpp"

#include <array>

namespace hotswap::detail {

namespace {

struct serving {
    std::string_view verb;
    control_answer (*serve)(control_service&, control_request const&);
};

constexpr std::array all_serving{
    serving{"status", &serve_status},
    serving{"plan", &serve_plan},
    serving{"drift", &serve_drift},
    serving{"operations", &serve_operations},
    serving{"operation", &serve_operation},
    serving{"events", &serve_events},
    serving{"metrics", &serve_metrics},
    serving{"audit", &serve_audit},
    serving{"snapshot", &serve_snapshot},
    serving{"settings", &serve_settings},
    serving{"swap", &serve_swap},
    serving{"revert", &serve_revert},
    serving{"restore", &serve_restore},
    serving{"configure", &serve_configure},
    serving{"checkpoint", &serve_checkpoint},
    serving{"abort", &serve_abort},
    serving{"load", &serve_load},
    serving{"unload", &serve_unload},
};

}  // namespace

control_answer serve_verb(control_verb const& verb, control_service& at, control_request const& request) {
    for (auto const& each : all_serving)
        if (each.verb == verb.name) return each.serve(at, request);
    return answer_with(
        refuse(errc::control_failed, phase::none, "{} is a verb that nothing answers", verb.name));
}

}  // namespace hotswap::detail
