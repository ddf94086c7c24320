// What replaces a process without hotswap: stop the old one, start the new one. The demo does that too, and measures it.
#pragma once

#include "demo/gateway_process.hpp"
#include "demo/load.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace demo {

/// The restart as its callers saw it.
struct restart_result {
    std::vector<sample>
        samples{};  ///< a request that failed is repeated until it succeeds, and is one sample
    clock::time_point begin{};
    clock::time_point stopped{};  ///< SIGTERM is sent
    clock::time_point serving{};  ///< the new process listens
    clock::time_point end{};
    std::uint64_t failed = 0;         ///< attempts that got no answer
    std::uint64_t lost_sessions = 0;  ///< sessions of the callers that the new process does not know
    std::uint64_t cold_items = 0;     ///< items that had been cached, and were fetched from the origin again
    std::string program{};            ///< the new process's output, if it did not end cleanly

    std::chrono::nanoseconds down() const { return serving - stopped; }
};

/// Ends `running` under load and starts `program` with `arguments` at the same port, which it must name.
/// Cost:     `around` before the end of the old process, and as long after the begin of the new one.
/// Errors:   throws std::runtime_error if the new process does not serve.
restart_result restart_under_load(gateway::gateway_process& running, std::filesystem::path const& program,
                                  std::vector<std::string> const& arguments, load_options const& shape,
                                  clock::duration around);

}  // namespace demo
