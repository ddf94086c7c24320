// The verbs of the control interface that change nothing.
#pragma once

#include "control/message.hpp"

namespace hotswap::detail {

class control_service;

/// The components, as `runtime::status` has them; with `watch` in the query, again after each change.
control_answer serve_status(control_service& at, control_request const& request);
/// The predicted effect of a swap, and the token that ties a swap to it.
control_answer serve_plan(control_service& at, control_request const& request);
/// Each component as it runs, as it is stored, and the newest on disk.
control_answer serve_drift(control_service& at, control_request const& request);
/// The newest operations.
control_answer serve_operations(control_service& at, control_request const& request);
/// One operation; with `wait_ns` in the query, as it is when it ends.
control_answer serve_operation(control_service& at, control_request const& request);
/// The events after the number `after` of the query, and then each as it comes.
control_answer serve_events(control_service& at, control_request const& request);
/// Counts and lengths in the text format of Prometheus.
control_answer serve_metrics(control_service& at, control_request const& request);
/// The newest lines of the audit, as many as `most` in the query says.
control_answer serve_audit(control_service& at, control_request const& request);
/// A component's settings that change while it runs, by name.
control_answer serve_settings(control_service& at, control_request const& request);
/// A component's state as a frame.
control_answer serve_snapshot(control_service& at, control_request const& request);

/// The body of a status.
boost::json::value status_of(control_service& at);

}  // namespace hotswap::detail
