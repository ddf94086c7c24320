// The demo's output: a report for a person, 100 columns wide.
#pragma once

#include "demo/campaign.hpp"
#include "demo/load.hpp"
#include "demo/restart.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace demo {

/// The facts that the report needs after the load has ended.
struct aftermath {
    std::vector<std::string> mapped{};   ///< the modules mapped in the gateway before it ended
    int exit_status = 0;                 ///< of the gateway, after SIGTERM
    std::chrono::nanoseconds loaded{0};  ///< the duration of the load
};

/// The whole report, except the first lines.
std::string report(campaign const& done, load& under, aftermath const& after, restart_result const& restart);

/// One line with the progress of the demo: on a terminal it replaces the line before, elsewhere it is a new
/// line.
class progress {
public:
    explicit progress(clock::duration total);
    /// Ends the line.
    ~progress();
    void show(load const& under, std::string const& doing, bool even_if_soon = false);

private:
    bool terminal_;
    clock::time_point begin_ = clock::now();
    clock::time_point last_{};
    clock::duration total_;
};

}  // namespace demo
