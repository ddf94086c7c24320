// What was found wrong with a module's file, and what to do about it.
#pragma once

#include <hotswap/detail/base/errc.hpp>

#include <cstdint>
#include <string>

namespace hotswap {

/// What a finding means for the module: `refuse` could harm the host, `warn` costs something or may surprise.
enum class severity : std::uint8_t { warn, refuse };

/// One thing that is wrong with a module's file.
struct finding {
    hotswap::severity severity = severity::warn;
    errc code = errc::lint_refused;
    std::string offender{};  ///< the symbol, segment, library or path
    std::string message{};   ///< what was expected and what was found, in one sentence
    std::string remedy{};    ///< what to do, in one sentence
};

}  // namespace hotswap
