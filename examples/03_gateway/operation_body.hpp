// The optional JSON body of an operation: the options of a swap by their own names.
#pragma once

#include <hotswap/options.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace gateway {

/// What a body must not be: the message says what it is to be instead.
class bad_body : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// {"module": "cache-2.0.0.so", "transfer": "handoff", "allow_loss": true, "arguments": {"byte_budget": "65536"},
///  "drain_deadline_ns": 1000000000, "pause_budget_ns": 1000000, "rehearse": "always", "probation_ms": 5000,
///  "probation_interval_ms": 100, "probation_max_mean_latency_ns": 50000}; every member may be left out, and so may
///  the body.
/// A module is a family name, or a file: relative ones are looked for in `modules`.
/// Errors:   throws bad_body.
hotswap::swap_options swap_options_from(std::string const& body, std::filesystem::path const& modules);

/// As above; what a revert has no use for is refused: `module`, `transfer`, `rehearse` and the probation.
/// Errors:   throws bad_body.
hotswap::revert_options revert_options_from(std::string const& body);

}  // namespace gateway
