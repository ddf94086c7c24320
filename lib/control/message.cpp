#include "control/message.hpp"

#include "report/json_writer.hpp"
#include "report/plain_text.hpp"

#include <hotswap/describe.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace hotswap::detail {

control_answer answer_with(boost::json::value const& body, unsigned status) {
    return {.status = status, .body = boost::json::serialize(body) + "\n"};
}

control_answer answer_with(failure const& why) {
    return answer_with(boost::json::object{{"error", json_writer()(why)}}, http_status(why));
}

unsigned http_status(failure const& why) noexcept {
    switch (why.code) {
        case errc::unknown_component:
        case errc::unknown_operation:
        case errc::no_settings:
        case errc::no_such_verb:
            return 404;
        case errc::invalid_argument:
            return 400;
        case errc::too_many_requests:
            return 429;
        default:
            break;
    }
    switch (why.kind()) {
        case failure_kind::bad_module:
        case failure_kind::bad_state:
            return 422;
        case failure_kind::environment:
            return 503;
        case failure_kind::refused_by_policy:
            return 403;
        case failure_kind::misuse:
        case failure_kind::retry:
            break;
    }
    return 409;
}

std::optional<control_target> read_target(std::string_view target) {
    auto const read = boost::urls::parse_origin_form(target);
    if (!read) return std::nullopt;
    control_target found;
    for (auto const& segment : read->segments()) found.path.emplace_back(segment);
    for (auto const& each : read->params()) found.query.emplace(each.key, each.value);
    bool good = true;
    for (auto const& segment : found.path) good = good && is_utf8(segment);
    for (auto const& [name, value] : found.query) good = good && is_utf8(name) && is_utf8(value);
    if (!good) return std::nullopt;
    return found;
}

}  // namespace hotswap::detail
