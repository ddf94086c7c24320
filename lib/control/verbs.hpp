// The verbs of the control interface.
#pragma once

#include "control/message.hpp"

#include <hotswap/control.hpp>

#include <span>
#include <string_view>

namespace hotswap::detail {

/// A request that the control interface understands.
struct control_verb {
    std::string_view name;    ///< "swap"
    std::string_view method;  ///< "POST"
    std::string_view path;    ///< "/v1/swap"; a segment `*` stands for any one
    control_role role;        ///< the least role that may ask
    bool changes;             ///< whether it is audited, and counts against the limit of changes
    bool takes_time;          ///< whether it may wait for callers or for a rehearsal before it is answered
};

/// All verbs.
std::span<control_verb const> control_verbs() noexcept;

/// The verb of a request.
/// Errors:   no_such_verb, with the verbs that there are.
result<control_verb const*> find_verb(control_request const& request);

}  // namespace hotswap::detail
