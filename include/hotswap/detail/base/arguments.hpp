// Named texts that a host passes to an operation's migrations (OTP calls them Extra).
#pragma once

#include <hotswap/detail/abi/setting.hpp>

#include <map>
#include <string>

namespace hotswap {

/// The host's values for migrations that take a second parameter `hotswap::arguments const&`.
using arguments = std::map<std::string, std::string, std::less<>>;

/// Values for a component, by name: those with which a host loads it, which it reads with `host::settings`; and those that
/// `runtime::configure` changes while it runs.
using settings = std::map<std::string, std::string, std::less<>>;

}  // namespace hotswap
