#include <hotswap/failure.hpp>
#include <hotswap/format.hpp>

#include <fmt/format.h>

#include <utility>

namespace hotswap {

std::string to_string(failure const& why) {
    auto const whose = why.component.empty() ? std::string() : fmt::format("\"{}\" ", why.component);
    return fmt::format("{}{} in phase {}: {}{}", whose, why.code, why.phase, why.message,
                       why.old_serving ? "; the old generation continues to serve" : "");
}

swap_error::swap_error(hotswap::failure why) : std::runtime_error(to_string(why)), why_(std::move(why)) {}

void throw_exception_from_error(failure const& why, boost::source_location const&) { throw swap_error(why); }

}  // namespace hotswap
