#include "admin/admin.hpp"

#include <hotswap/json.hpp>
#include <hotswap/version.hpp>

#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include <unistd.h>

namespace gateway {

namespace json = boost::json;

namespace {

unsigned status_of(hotswap::failure const& why) {
    if (why.code == hotswap::errc::unknown_component) return 404;
    if (why.code == hotswap::errc::invalid_argument) return 400;
    switch (why.kind()) {
        case hotswap::failure_kind::bad_module:
        case hotswap::failure_kind::bad_state:
            return 422;
        case hotswap::failure_kind::environment:
            return 503;
        case hotswap::failure_kind::refused_by_policy:
            return 403;
        case hotswap::failure_kind::misuse:
        case hotswap::failure_kind::retry:
            break;
    }
    return 409;
}

answer refusal(hotswap::failure const& why) {
    return {.status = status_of(why), .body = hotswap::to_json_value(why)};
}

/// Reads the options from the body; default options if there is no body.
template <class Options>
Options options_from(std::string const& body) {
    if (body.empty()) return {};
    auto read = hotswap::from_json<Options>(body);
    if (!read) throw bad_body(read.error().message);
    return std::move(*read);
}

bool allows_loss(hotswap::component_set const& set) {
    return std::ranges::any_of(set, [](auto const& each) { return each.options.allow_loss; });
}

template <class T>
answer outcome_of(hotswap::result<T> const& outcome) {
    if (outcome) return {.body = hotswap::to_json_value(*outcome)};
    return refusal(outcome.error());
}

}  // namespace

admin::admin(hotswap::runtime& components, counts of_components, inject faults)
    : runtime_(components), counts_(std::move(of_components)), faults_(std::move(faults)) {}

void admin::serve(request what, respond done) {
    boost::asio::post(threads_, [this, what = std::move(what), done = std::move(done)] {
        try {
            done(answer_to(what));
        } catch (bad_body const& error) {
            done(problem(400, "bad_request", error.what()));
        } catch (std::exception const& error) {
            done(problem(500, "internal", error.what()));
        }
    });
}

answer admin::answer_to(request const& what) {
    auto const path = path_segments(what.target);
    if (!path) return problem(400, "bad_request", "the target of this request is malformed");
    bool const is_status = path->size() == 1 && path->front() == "status";
    bool const is_operation = path->size() <= 2 && (path->front() == "swap" || path->front() == "plan" ||
                                                    path->front() == "revert");
    bool const is_checkpoint = path->size() == 1 && path->front() == "checkpoint";
    bool const is_fault = faults_ && path->size() == 1 && path->front() == "faults";
    if (!is_status && !is_operation && !is_checkpoint && !is_fault)
        return problem(404, "not_found",
                       "here are GET /status, POST /swap/{name}, POST /plan/{name}, POST /revert/{name}, the "
                       "same without a name for several components as one, and POST /checkpoint");
    std::string const allowed = is_status ? "GET" : "POST";
    if (what.method != allowed) {
        auto refusal = problem(405, "method_not_allowed", "here only " + allowed + " is understood");
        refusal.headers.emplace_back("Allow", allowed);
        return refusal;
    }
    if (is_fault) return faults_(what.body);
    if (is_checkpoint) return checkpoint();
    if (is_status) return status();
    return path->size() == 1 ? operate_on_set(path->front(), what.body)
                             : operate(path->front(), path->back(), what.body);
}

answer admin::status() {
    json::array components;
    for (auto const& each : runtime_.status()) {
        auto& shown = components.emplace_back(hotswap::to_json_value(each));
        if (auto const found = counts_.find(each.name); found != counts_.end())
            shown.as_object()["statistics"] = found->second();
    }
    return {
        .body = {{"program", "hotswap-gateway"}, {"pid", ::getpid()}, {"components", std::move(components)}}};
}

answer admin::checkpoint() {
    if (auto const done = runtime_.checkpoint(); !done) return refusal(done.error());
    return {.body = {{"status", "written"}}};
}

answer admin::operate(std::string const& verb, std::string const& name, std::string const& body) {
    if (verb == "revert")
        return outcome_of(runtime_.revert(name, options_from<hotswap::revert_options>(body)));
    auto const options = options_from<hotswap::swap_options>(body);
    return verb == "swap" ? outcome_of(runtime_.swap(name, options))
                          : outcome_of(runtime_.plan(name, options));
}

answer admin::operate_on_set(std::string const& verb, std::string const& body) {
    auto const set = options_from<hotswap::component_set>(body);
    if (set.empty())
        throw bad_body(
            R"(the body is a list: [{"component": "cache", "options": {"module": "cache-2.0.0.so"}}, …])");
    if (verb == "revert") return outcome_of(runtime_.revert(set, {.allow_loss = allows_loss(set)}));
    return verb == "swap" ? outcome_of(runtime_.swap(set)) : outcome_of(runtime_.plan(set));
}

}  // namespace gateway
