// Descriptions of the base's enumerations, for Boost.Describe. `errc` has a separate table: it has more
// enumerators than BOOST_DESCRIBE_ENUM takes.
#pragma once

#include <hotswap/detail/base/errc.hpp>

#include <boost/describe/enum.hpp>

namespace hotswap {

BOOST_DESCRIBE_ENUM(failure_kind, misuse, retry, bad_module, bad_state, environment, refused_by_policy)
BOOST_DESCRIBE_ENUM(phase, none, stage, verify, plan, rehearse, load, precopy, drain, export_, migrate,
                    construct, commit, persist, probation, retire)

}  // namespace hotswap
