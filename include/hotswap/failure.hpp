// Results: a refused swap is an ordinary case, so it is a value.
#pragma once

#include <hotswap/detail/base/errc.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace hotswap {

/// Why an operation was refused. A refused operation leaves everything as it was.
struct failure {
    errc code{};
    hotswap::phase phase = hotswap::phase::none;
    std::string component{};   ///< the name under which it is (or was to be) loaded
    std::string message{};     ///< what was expected, what was found, what to do
    bool old_serving = false;  ///< whether the generation that was running still serves
    /// The id of the operation's events; 0: the request was refused before an operation began.
    std::uint64_t operation_id = 0;

    /// The kind of the failure.
    /// Threads:  [any]
    failure_kind kind() const noexcept { return kind_of(code); }
};

/// The failure in one line: component, phase, message, and whether the old generation serves.
std::string to_string(failure const& why);

/// Thrown by `result::value()` for a failure.
class swap_error : public std::runtime_error {
public:
    explicit swap_error(hotswap::failure why);
    hotswap::failure const& why() const noexcept { return why_; }
    errc code() const noexcept { return why_.code; }

private:
    hotswap::failure why_;
};

/// A value, or the reason why there is none.
template <class T>
using result = boost::system::result<T, failure>;

/// Called by boost::system::result when the value of a failure is read.
/// Errors:   throws swap_error.
[[noreturn]] void throw_exception_from_error(failure const& why, boost::source_location const& where);

}  // namespace hotswap
