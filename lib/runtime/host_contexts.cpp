#include "runtime/host_contexts.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace hotswap::detail {

host_context host_contexts::make(std::string name) {
    host_context made;
    made.name = name;
    made.log = [this, name = std::move(name)](level severity, std::string_view text) {
        event line;
        line.time = std::chrono::system_clock::now();
        line.level = severity;
        line.component = name;
        line.message = text;
        sink_(line);
    };
    made.now = [this] { return options_are_gone_ ? std::chrono::system_clock::now() : options_.clock(); };
    made.find = [this, by = made.name](std::string_view wanted, contract of) { return find(wanted, of, by); };
    made.changed = [this, name = made.name] {
        for (auto const& each : components_.all()) each->runner().component_changed(name);
    };
    made.thread_probe_signal = probing_ ? options_.thread_probe_signal : 0;
    made.gates = &events_;
    made.turns = &turns_;
    made.keep_code = options_.keep_code;
    return made;
}

result<found_neighbour> host_contexts::find(std::string_view wanted, contract of,
                                            std::string const& by) const {
    auto found = components_.find(wanted);
    if (!found) return found.error();
    auto way_in = (*found)->admit(of, by, fmt::format("\"{}\"", wanted));
    if (!way_in) return way_in.error();
    return found_neighbour{std::move(*way_in), (*found)->referrers()};
}

}  // namespace hotswap::detail
