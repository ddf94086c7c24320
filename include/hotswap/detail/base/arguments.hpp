// Named texts that a host hands to an operation's migrations (what OTP calls Extra).
#pragma once

#include <map>
#include <string>

namespace hotswap {

/// What a host hands to migrations that take a second parameter `hotswap::arguments const&`.
using arguments = std::map<std::string, std::string, std::less<>>;

/// What a host sets for a component, which asks for it by `host::settings`. By name.
using settings = std::map<std::string, std::string, std::less<>>;

}  // namespace hotswap
