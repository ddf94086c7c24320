// Named texts that a host passes to an operation's migrations (OTP calls them Extra).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace hotswap {

/// The host's values for migrations that take a second parameter `hotswap::arguments const&`.
using arguments = std::map<std::string, std::string, std::less<>>;

/// Values for a component, by name: those with which a host loads it, which it reads with `host::settings`; and those that
/// `runtime::configure` changes while it runs.
using settings = std::map<std::string, std::string, std::less<>>;

/// One setting as an operator writes it.
/// Lifetime: views that are valid during the call that takes them.
struct setting {
    std::string_view name{};
    std::string_view value{};  ///< a number (64MiB), a duration (250ms), true, a text …
};

}  // namespace hotswap
