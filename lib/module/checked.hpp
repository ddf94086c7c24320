// A checked part of a module: a value, or the finding that refuses the file.
#pragma once

#include <hotswap/detail/module/finding.hpp>
#include <hotswap/failure.hpp>

#include <boost/system/result.hpp>

#include <fmt/format.h>

#include <string>
#include <utility>

namespace hotswap::detail {

/// A value, or the finding that prevents it.
template <class T>
using checked = boost::system::result<T, finding>;

inline finding refusing(errc code, std::string offender, std::string message, std::string remedy) {
    return {severity::refuse, code, std::move(offender), std::move(message), std::move(remedy)};
}

inline finding warning(errc code, std::string offender, std::string message, std::string remedy) {
    return {severity::warn, code, std::move(offender), std::move(message), std::move(remedy)};
}

/// The failure of an operation that the finding stops.
inline failure as_failure(finding const& found, hotswap::phase at) {
    failure why;
    why.code = found.code;
    why.phase = at;
    why.message = found.message + "; " + found.remedy;
    return why;
}

}  // namespace hotswap::detail
