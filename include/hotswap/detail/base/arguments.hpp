// Named texts that a host passes to an operation's migrations (OTP calls them Extra).
#pragma once

#include <map>
#include <string>

namespace hotswap {

/// The host's values for migrations that take a second parameter `hotswap::arguments const&`.
using arguments = std::map<std::string, std::string, std::less<>>;

/// The host's values for a component, by name; the component reads them with `host::settings`.
using settings = std::map<std::string, std::string, std::less<>>;

}  // namespace hotswap
