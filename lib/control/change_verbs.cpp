#include "control/change_verbs.hpp"

#include "control/service.hpp"
#include "control/swap_order.hpp"
#include "control/undoable.hpp"
#include "report/plain_text.hpp"

#include <boost/json/serialize.hpp>

#include <chrono>
#include <span>
#include <stop_token>
#include <utility>

namespace hotswap::detail {

namespace {

constexpr std::size_t longest_reason = 1000;

operation_request asked(std::string verb, std::vector<std::string> components, std::string const& reason) {
    return {.verb = std::move(verb),
            .components = std::move(components),
            .reason = one_line(reason, longest_reason)};
}

operation_end ended(host_verb_end by_host) {
    operation_end how;
    boost::system::error_code error;
    if (!by_host.report.empty()) how.report = boost::json::parse(by_host.report, error);
    how.why = std::move(by_host.why);
    if (how.why) how.outcome = operation_outcome::undone;
    if (by_host.is_inconsistent) how.outcome = operation_outcome::inconsistent;
    return how;
}

}  // namespace

control_answer serve_swap(control_service& at, control_request const& request) {
    auto body = read_body<swap_body>(request.body, at.options().limits.depth);
    if (!body) return answer_with(body.error());
    auto const reason = body->reason;
    auto const wait = body->wait;
    bool const is_planned = !body->plan.empty();
    if (is_planned && (!body->component.empty() || !body->components.empty()))
        return answer_with(refuse(errc::invalid_argument, phase::none,
                                  "the plan {} says what to swap; send it without components", body->plan));
    auto order = is_planned ? at.plans().find(body->plan) : order_of(std::move(*body));
    if (!order) return answer_with(order.error());
    auto what = asked("swap", names_of(*order), reason);
    what.may_take = longest(*order);
    return at.begin(request, std::move(what), wait,
                    [&of = at.components(), order = std::move(*order)](std::stop_token stop) {
                        auto how = ended(swap(of, stopped_by(order, std::move(stop))));
                        how.on_probation = how.outcome == operation_outcome::done &&
                                           !how.generations.empty() && has_probation(order);
                        return how;
                    });
}

control_answer serve_revert(control_service& at, control_request const& request) {
    auto body = read_body<revert_body>(request.body, at.options().limits.depth);
    if (!body) return answer_with(body.error());
    auto names = std::move(body->components);
    if (!body->component.empty()) names.push_back(body->component);
    if (names.empty())
        return answer_with(refuse(errc::invalid_argument, phase::none,
                                  R"(the body names no component; send {{"component": "cache"}})"));
    return at.begin(request, asked("revert", names, body->reason), body->wait,
                    [&of = at.components(), names, options = body->options](std::stop_token stop) mutable {
                        options.stop = std::move(stop);
                        return ended(of.revert(set_of(names), options));
                    });
}

control_answer serve_restore(control_service& at, control_request const& request) {
    auto const said = [&](std::string_view name) {
        auto const found = request.query.find(name);
        return found == request.query.end() ? std::string() : found->second;
    };
    auto const name = request.path.at(2);
    return at.begin(request, asked("restore", {name}, said("reason")), std::chrono::nanoseconds{0},
                    [&of = at.components(), name, frame = request.body](std::stop_token stop) {
                        return restore_undoably(of, name, std::as_bytes(std::span(frame)),
                                                {.stop = std::move(stop)});
                    });
}

control_answer serve_configure(control_service& at, control_request const& request) {
    auto body = read_body<configure_body>(request.body, at.options().limits.depth);
    if (!body) return answer_with(body.error());
    if (body->component.empty())
        return answer_with(refuse(
            errc::invalid_argument, phase::none,
            R"(the body names no component; send {{"component": "cache", "changes": {{"byte_budget": "64MiB"}}}})"));
    auto const reason = body->reason;
    auto const wait = body->wait;
    return at.begin(request, asked("configure", {body->component}, reason), wait,
                    [&of = at.components(), body = std::move(*body)](std::stop_token stop) mutable {
                        body.options.stop = std::move(stop);
                        return configure_undoably(of, body.component, body.changes, body.options);
                    });
}

control_answer serve_load(control_service& at, control_request const& request) {
    auto body = read_body<load_body>(request.body, at.options().limits.depth);
    if (!body) return answer_with(body.error());
    if (body->component.empty())
        return answer_with(refuse(
            errc::invalid_argument, phase::none,
            R"(the body names no component; send {{"component": "cache", "options": {{"module": "cache-1.0.0.so"}}}})"));
    auto const reason = body->reason;
    auto const wait = body->wait;
    return at.begin(request, asked("load", {body->component}, reason), wait,
                    [&of = at.components(), body = std::move(*body)](std::stop_token const&) {
                        return load_undoably(of, body.component, body.options);
                    });
}

control_answer serve_checkpoint(control_service& at, control_request const& request) {
    auto const body = read_body<plain_body>(request.body, at.options().limits.depth);
    if (!body) return answer_with(body.error());
    return at.begin(request, asked("checkpoint", {}, body->reason), body->wait,
                    [&of = at.components()](std::stop_token const&) {
                        auto const done = of.checkpoint();
                        return done ? operation_end{} : refused(done.error());
                    });
}

control_answer serve_unload(control_service& at, control_request const& request) {
    auto const body = read_body<unload_body>(request.body, at.options().limits.depth);
    if (!body) return answer_with(body.error());
    if (body->component.empty())
        return answer_with(refuse(errc::invalid_argument, phase::none,
                                  R"(the body names no component; send {{"component": "cache"}})"));
    return at.begin(request, asked("unload", {body->component}, body->reason), body->wait,
                    [&of = at.components(), name = body->component, options = body->options](
                        std::stop_token const&) { return unload_for_good(of, name, options); });
}

// What is not of the request itself goes to the host's function as it is.
control_answer serve_added_verb(host_verb const& verb, control_service& at, control_request const& request) {
    boost::json::parse_options how;
    how.max_depth = at.options().limits.depth;
    boost::system::error_code error;
    auto value = request.body.empty() ? boost::json::value(boost::json::object())
                                      : boost::json::parse(request.body, error, {}, how);
    if (error || !value.is_object())
        return answer_with(refuse(errc::invalid_argument, phase::none, "the body is no JSON object{}{}",
                                  error ? ": " : "", error ? error.message() : std::string()));
    auto& members = value.get_object();
    plain_body common;
    boost::json::object of_request;
    for (std::string_view const name : {"reason", "wait_ns"})
        if (auto* const found = members.if_contains(name)) {
            of_request[name] = std::move(*found);
            members.erase(name);
        }
    if (json_reader reader(true); !reader.read(of_request, common))
        return answer_with(refuse(errc::invalid_argument, phase::none, "{}", reader.wrong()));
    return at.begin(request, asked(verb.name, {}, common.reason), common.wait,
                    [&at, &verb, body = boost::json::serialize(value)](std::stop_token stop) {
                        auto const tell = [&](std::string_view line) {
                            at.tell(fmt::format("{}: {}", verb.name, line));
                        };
                        return ended(verb.run(body, {.stop = std::move(stop), .tell = tell}));
                    });
}

control_answer serve_abort(control_service& at, control_request const& request) {
    auto const body = read_body<plain_body>(request.body, at.options().limits.depth);
    if (!body) return answer_with(body.error());
    auto const& id = request.path.at(2);
    auto const state = at.operations().ask_to_stop(id);
    if (!state) return answer_with(state.error());
    if (*state == operation_state::running) {
        auto recorded = at.record_abort(request, id, one_line(body->reason, longest_reason));
        if (!recorded) return answer_with(recorded.error());
        return {.operation = id, .wait = body->wait};
    }
    auto undoing = at.operations().undoing_of(id);
    if (!undoing.undo && !undoing.stale) return {.operation = id};  // it has changed nothing
    auto what = asked("abort", std::move(undoing.components), body->reason);
    return at.begin(request, std::move(what), body->wait,
                    [&of = at.components(), undo = std::move(undoing.undo), stale = std::move(undoing.stale)](
                        std::stop_token const&) { return stale ? refused(*stale) : undo(of); });
}

}  // namespace hotswap::detail
