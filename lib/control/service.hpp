// Answers the requests of a control interface: rights, limits, audit, and the operations on the runtime.
#pragma once

#include "control/audit_log.hpp"
#include "control/event_feed.hpp"
#include "control/message.hpp"
#include "control/operation_book.hpp"
#include "control/plan_book.hpp"
#include "control/probation_book.hpp"
#include "control/request_rate.hpp"
#include "control/workers.hpp"

#include <hotswap/control.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace hotswap::detail {

struct control_verb;

/// Threads:  [any]
class control_service {
public:
    /// What an operation does, on a thread of its own. An abort requests the stop.
    using work = std::function<operation_end(std::stop_token)>;

    /// `changed` is called when an operation or an event has come.
    control_service(runtime& of, control_options options, std::function<void()> changed);
    ~control_service();
    control_service(control_service const&) = delete;
    control_service& operator=(control_service const&) = delete;

    /// Opens the audit.
    /// Errors:   control_failed, audit_damaged.
    result<void> open();

    /// The answer to a request. It may take as long as a plan takes.
    control_answer answer(control_request const& request) noexcept;

    /// Begins an operation and records it; the answer is the operation as it is after `wait`.
    control_answer begin(control_request const& request, operation_request what,
                         std::chrono::nanoseconds wait, work f);

    /// Records that a running operation was asked to stop.
    /// Errors:   control_failed, audit_damaged.
    result<void> record_abort(control_request const& request, std::string const& id,
                              std::string const& reason);

    /// Waits for operations that have begun; none begins after it.
    void end();

    /// "cache 3.0.0, session 2.0.0".
    std::string components_in_words() const;

    /// Ends operations whose probations are over; called from time to time.
    void look_after_probations();

    runtime& components() noexcept { return runtime_; }
    operation_book& operations() noexcept { return operations_; }
    event_feed const& events() const noexcept { return events_; }
    /// Makes a line of the host an event.
    void tell(std::string line);
    plan_book& plans() noexcept { return plans_; }
    control_options const& options() const noexcept { return options_; }

private:
    control_answer serve(control_request const& request);
    /// The verb that the host has added and the request asks for; null: it asks for another one.
    host_verb const* added_verb(control_request const& request) const;
    result<void> check_role(control_verb const& verb, control_request const& request);
    result<void> check_rate(control_verb const& verb, control_request const& request);
    result<void> record(control_peer const& by, std::string_view what, boost::json::object more);
    void run(std::string const& id, control_peer const& by, std::string const& verb, work const& f) noexcept;
    void finish(std::string const& id, control_peer const& by, std::string const& verb,
                operation_end how) noexcept;

    runtime& runtime_;
    control_options const options_;
    operation_book operations_;
    event_feed events_;
    plan_book plans_;
    request_rate rate_;
    std::unique_ptr<audit_log> audit_;  // null: nothing is recorded

    probation_book probations_;

    workers threads_;
    subscription following_;
};

}  // namespace hotswap::detail
