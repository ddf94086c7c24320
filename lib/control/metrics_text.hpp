// The counts of a runtime in the text format of Prometheus.
#pragma once

#include <hotswap/runtime.hpp>

#include <string>

namespace hotswap::detail {

/// Base units, names that begin with `hotswap_`, and each component's own numbers under their names, labelled with the component.
std::string metrics_text(runtime& of);

}  // namespace hotswap::detail
