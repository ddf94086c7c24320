// What answers each verb.
#pragma once

#include "control/message.hpp"
#include "control/verbs.hpp"

namespace hotswap::detail {

class control_service;

/// The answer to a request for that verb.
control_answer serve_verb(control_verb const& verb, control_service& at, control_request const& request);

}  // namespace hotswap::detail
