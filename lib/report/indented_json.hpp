// JSON for people.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace hotswap::detail {

/// The value on lines of about 120 characters, indented by two spaces, without a line feed at its end.
std::string indented(boost::json::value const& what);

}  // namespace hotswap::detail
