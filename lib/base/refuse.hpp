// Makes failures: a code, and a sentence with what was expected, what was found and what to do.
#pragma once

#include <hotswap/failure.hpp>
#include <hotswap/format.hpp>

#include <fmt/format.h>

#include <utility>

namespace hotswap::detail {

template <class... A>
failure refuse(errc code, hotswap::phase at, fmt::format_string<A...> sentence, A&&... arguments) {
    failure why;
    why.code = code;
    why.phase = at;
    why.message = fmt::format(sentence, std::forward<A>(arguments)...);
    return why;
}

}  // namespace hotswap::detail
