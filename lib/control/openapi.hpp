// The description of the requests, as OpenAPI: made from the verbs and from the types of their bodies and answers.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace hotswap::detail {

/// Source:   https://spec.openapis.org/oas/v3.1.0
boost::json::value openapi();

/// The same, indented, as docs/openapi.json has it.
std::string openapi_text();

}  // namespace hotswap::detail
