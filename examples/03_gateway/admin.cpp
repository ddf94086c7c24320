#include "admin.hpp"

#include "operation_body.hpp"

#include <hotswap/json.hpp>
#include <hotswap/version.hpp>

#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>

#include <exception>
#include <utility>

#include <unistd.h>

namespace gateway {

namespace json = boost::json;

namespace {

unsigned status_of(hotswap::errc code) {
    switch (code) {
        case hotswap::errc::unknown_component:
            return 404;
        case hotswap::errc::invalid_argument:
            return 400;
        default:
            return 409;
    }
}

template <class T>
answer outcome_of(hotswap::result<T> const& outcome) {
    if (outcome) return {.body = json::value_from(*outcome)};
    return {.status = status_of(outcome.error().code), .body = json::value_from(outcome.error())};
}

}  // namespace

admin::admin(hotswap::runtime& components, std::filesystem::path modules, counts of_components, inject faults)
    : runtime_(components),
      modules_(std::move(modules)),
      counts_(std::move(of_components)),
      faults_(std::move(faults)) {}

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
    bool const is_operation = path->size() == 2 && (path->front() == "swap" || path->front() == "plan" ||
                                                    path->front() == "revert");
    bool const is_checkpoint = path->size() == 1 && path->front() == "checkpoint";
    bool const is_fault = faults_ && path->size() == 1 && path->front() == "faults";
    if (!is_status && !is_operation && !is_checkpoint && !is_fault)
        return problem(404, "not_found",
                       "here are GET /status, POST /swap/{name}, POST /plan/{name}, POST /revert/{name} and "
                       "POST /checkpoint");
    std::string const allowed = is_status ? "GET" : "POST";
    if (what.method != allowed) {
        auto refusal = problem(405, "method_not_allowed", "here only " + allowed + " is understood");
        refusal.headers.emplace_back("Allow", allowed);
        return refusal;
    }
    if (is_fault) return faults_(what.body);
    if (is_checkpoint) return checkpoint();
    return is_status ? status() : operate(path->front(), path->back(), what.body);
}

answer admin::status() {
    json::array components;
    for (auto const& each : runtime_.status()) {
        auto& shown = components.emplace_back(json::value_from(each));
        if (auto const found = counts_.find(each.name); found != counts_.end())
            shown.as_object()["statistics"] = found->second();
    }
    return {
        .body = {{"program", "hotswap-gateway"}, {"pid", ::getpid()}, {"components", std::move(components)}}};
}

answer admin::checkpoint() {
    if (auto const done = runtime_.checkpoint(); !done)
        return {.status = status_of(done.error().code), .body = json::value_from(done.error())};
    return {.body = {{"status", "written"}}};
}

answer admin::operate(std::string const& verb, std::string const& name, std::string const& body) {
    if (verb == "revert") return outcome_of(runtime_.revert(name, revert_options_from(body)));
    auto const options = swap_options_from(body, modules_);
    return verb == "swap" ? outcome_of(runtime_.swap(name, options))
                          : outcome_of(runtime_.plan(name, options));
}

}  // namespace gateway
