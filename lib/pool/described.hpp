// The types of <hotswap/pool.hpp> as files and reports have them.
#pragma once

#include <hotswap/describe.hpp>
#include <hotswap/pool.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

namespace hotswap {

BOOST_DESCRIBE_ENUM(pool_policy, try_, skip, refuse)
BOOST_DESCRIBE_ENUM(pool_outcome, applied, unchanged, restored, skipped, inconsistent)
BOOST_DESCRIBE_ENUM(final_closure_outcome, not_run, passed, failed)
BOOST_DESCRIBE_STRUCT(pool_file_report, (), (destination, written, modified_since, kept, diff, warning))
BOOST_DESCRIBE_STRUCT(pool_report, (),
                      (id, outcome, reason, files, output, bytes, half_visible, swaps, configured, pause,
                       predicted_pause, planned, total))
BOOST_DESCRIBE_STRUCT(apply_report, (), (schema_version, recovered, pools, final_closure, final_reason))
BOOST_DESCRIBE_STRUCT(pool_status, (), (id, outcome, reason, schema_version, when, destinations, components))
BOOST_DESCRIBE_STRUCT(pool_version, (), (digest, schema_version, description, when, is_last))

}  // namespace hotswap
