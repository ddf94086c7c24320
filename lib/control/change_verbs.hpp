// The verbs of the control interface that change what runs: each begins an operation.
#pragma once

#include "control/message.hpp"

#include <hotswap/control.hpp>

namespace hotswap::detail {

class control_service;

control_answer serve_swap(control_service& at, control_request const& request);
control_answer serve_revert(control_service& at, control_request const& request);
/// Puts the frame that is the body under a component.
control_answer serve_restore(control_service& at, control_request const& request);
control_answer serve_configure(control_service& at, control_request const& request);
control_answer serve_load(control_service& at, control_request const& request);
control_answer serve_checkpoint(control_service& at, control_request const& request);
control_answer serve_unload(control_service& at, control_request const& request);
/// A verb that the host has added.
control_answer serve_added_verb(host_verb const& verb, control_service& at, control_request const& request);
/// Asks an operation to stop, or reverts it if it has committed.
control_answer serve_abort(control_service& at, control_request const& request);

}  // namespace hotswap::detail
