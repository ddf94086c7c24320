// Events about the end of a runtime, which nothing else can report any more.
#pragma once

#include "report/event_bus.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <utility>

namespace hotswap::detail {

/// Publishes an error of the last checkpoint, or of the work around it. Without memory there is no event.
template <class... A>
void publish_failed_end(event_bus& events, fmt::format_string<A...> sentence, A&&... about) noexcept {
    try {
        events.publish({std::chrono::system_clock::now(),
                        level::error,
                        "",
                        operation::checkpoint,
                        0,
                        phase::persist,
                        outcome::failed,
                        {},
                        fmt::format(sentence, std::forward<A>(about)...)});
    } catch (std::exception const&) {
        // The runtime ends all the same.
    }
}

}  // namespace hotswap::detail
