// What the demo prints: a report for a person, 100 columns wide.
#pragma once

#include "demo/campaign.hpp"
#include "demo/load.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace demo {

/// What is left to prove when the load has ended.
struct aftermath {
    std::vector<std::string> mapped{};   ///< the modules mapped in the gateway before it ended
    int exit_status = 0;                 ///< of the gateway, after SIGTERM
    std::chrono::nanoseconds loaded{0};  ///< how long the load was on
};

/// All of it, but the first lines.
std::string report(campaign const& done, load& under, aftermath const& after);

/// One line that tells how far the demo is: over the one before on a terminal, on a line of its own elsewhere.
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
