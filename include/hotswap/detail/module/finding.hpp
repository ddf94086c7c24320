// A fault of a module's file, with its remedy.
#pragma once

#include <hotswap/detail/base/errc.hpp>

#include <cstdint>
#include <string>

namespace hotswap {

/// The meaning of a finding for the module: `refuse` could harm the host, `warn` costs something or may
/// surprise.
enum class severity : std::uint8_t { warn, refuse };

/// One fault of a module's file.
struct finding {
    hotswap::severity severity = severity::warn;
    errc code = errc::lint_refused;
    std::string offender{};  ///< the symbol, segment, library or path
    std::string message{};   ///< what was expected and what was found, in one sentence
    std::string remedy{};    ///< what to do, in one sentence
};

}  // namespace hotswap
