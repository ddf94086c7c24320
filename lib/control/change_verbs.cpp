#include "control/change_verbs.hpp"

#include "control/service.hpp"
#include "control/swap_order.hpp"
#include "report/json_writer.hpp"
#include "report/plain_text.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace hotswap::detail {

namespace {

constexpr std::size_t longest_reason = 1000;

operation_request asked(std::string verb, std::vector<std::string> components, std::string const& reason) {
    return {.verb = std::move(verb),
            .components = std::move(components),
            .reason = one_line(reason, longest_reason)};
}

operation_end refused(failure why) { return {.outcome = operation_outcome::undone, .why = std::move(why)}; }

// The end of an operation that has committed.
operation_end committed(set_report const& report) {
    operation_end how{.report = json_writer()(report), .operation_id = report.operation_id};
    auto not_durable = report.not_durable;
    for (auto const& each : report.components)
        if (each.not_durable) not_durable = each.not_durable;
    if (!not_durable) return how;
    how.outcome = operation_outcome::inconsistent;
    how.why = std::move(not_durable);
    return how;
}

operation_end ended(result<set_report> const& done) {
    return done ? committed(*done) : refused(done.error());
}

component_set set_of(std::vector<std::string> const& names) {
    component_set set;
    for (auto const& name : names) set.push_back({.component = name});
    return set;
}

// An abort that came too late for the operation undoes it.
operation_end undone_after_all(runtime& of, std::vector<std::string> const& names, operation_end how) {
    auto const back = of.revert(set_of(names));
    how.outcome = back ? operation_outcome::undone : operation_outcome::inconsistent;
    how.why =
        back ? refuse(errc::aborted, phase::none, "it was aborted when it had committed, and was reverted")
             : back.error();
    return how;
}

// Runs `f`, which commits new generations. `settled`: whether what was done may stay, because no abort came before.
template <class F>
operation_end until_stopped(runtime& of, std::vector<std::string> const& names,
                            control_service::settled const& settled, F const& f) {
    auto const done = f(settled.stop());
    auto how = ended(done);
    if (!done) return how;
    for (auto const& each : done->components)
        if (!each.same_content) how.generations.emplace_back(each.component, each.to.generation);
    bool const changed = !how.generations.empty();
    if (!settled.may_stay(how) && changed) return undone_after_all(of, names, std::move(how));
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
    return at.begin(
        request, std::move(what), wait,
        [&of = at.components(), order = std::move(*order)](control_service::settled const& settled) {
            auto how = until_stopped(of, names_of(order), settled, [&](std::stop_token stop) {
                return swap(of, stopped_by(order, std::move(stop)));
            });
            how.on_probation =
                how.outcome == operation_outcome::done && !how.generations.empty() && has_probation(order);
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
    return at.begin(
        request, asked("revert", names, body->reason), body->wait,
        [&of = at.components(), names, options = body->options](control_service::settled const& settled) {
            return until_stopped(of, names, settled, [&](std::stop_token stop) {
                auto with = options;
                with.stop = std::move(stop);
                return of.revert(set_of(names), with);
            });
        });
}

control_answer serve_restore(control_service& at, control_request const& request) {
    auto const said = [&](std::string_view name) {
        auto const found = request.query.find(name);
        return found == request.query.end() ? std::string() : found->second;
    };
    auto const name = request.path.at(2);
    return at.begin(
        request, asked("restore", {name}, said("reason")), std::chrono::nanoseconds{0},
        [&of = at.components(), name, frame = request.body](control_service::settled const& settled) {
            auto done = of.restore(name, std::as_bytes(std::span(frame)), {.stop = settled.stop()});
            return done ? committed(as_set(std::move(*done))) : refused(done.error());
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
    return at.begin(
        request, asked("configure", {body->component}, reason), wait,
        [&of = at.components(), body = std::move(*body)](control_service::settled const& settled) mutable {
            body.options.stop = settled.stop();
            auto const done = of.configure(body.component, body.changes, body.options);
            if (!done) return refused(done.error());
            operation_end how{.report = json_writer()(*done), .operation_id = done->operation_id};
            if (done->not_durable) {
                how.outcome = operation_outcome::inconsistent;
                how.why = done->not_durable;
            }
            return how;
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
                    [&of = at.components(), body = std::move(*body)](control_service::settled const&) {
                        auto const done = of.load(body.component, body.options);
                        if (!done) return refused(done.error());
                        return operation_end{.report = json_writer()(*done)};
                    });
}

control_answer serve_checkpoint(control_service& at, control_request const& request) {
    auto const body = read_body<plain_body>(request.body, at.options().limits.depth);
    if (!body) return answer_with(body.error());
    return at.begin(request, asked("checkpoint", {}, body->reason), body->wait,
                    [&of = at.components()](control_service::settled const&) {
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
                    [&of = at.components(), name = body->component,
                     options = body->options](control_service::settled const&) {
                        auto const done = of.unload(name, options);
                        if (!done) return refused(done.error());
                        return operation_end{.report = json_writer()(*done),
                                             .operation_id = done->operation_id};
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
    auto const committed_as = at.operations().generations_of(id);
    if (committed_as.empty()) return {.operation = id};  // it has changed nothing
    std::vector<std::string> names;
    for (auto const& each : committed_as) names.push_back(each.first);
    return at.begin(request, asked("abort", std::move(names), body->reason), body->wait,
                    [&of = at.components(), committed_as, id](control_service::settled const&) {
                        component_set set;
                        auto const now = of.status();
                        for (auto const& [name, generation] : committed_as) {
                            auto const found = std::ranges::find(now, name, &component_status::name);
                            auto const running = found == now.end() ? 0 : found->running.generation;
                            if (running != generation)
                                return refused(refuse(
                                    errc::plan_stale, phase::none,
                                    "{} has gone on since operation {}: generation {} came from it, and {} "
                                    "runs; revert it by its name if that is wanted",
                                    name, id, generation, running));
                            set.push_back({.component = name});
                        }
                        return ended(of.revert(set));
                    });
}

}  // namespace hotswap::detail
