#include <hotswap/control.hpp>

#include "base/enum_name.hpp"

#include <boost/describe/enum.hpp>

namespace hotswap {

BOOST_DESCRIBE_ENUM(control_role, none, viewer, operator_, admin)

std::string_view to_string(control_role role) noexcept { return detail::enum_name(role); }

}  // namespace hotswap
