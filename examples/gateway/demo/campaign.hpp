// The demo's operations on the gateway's components under load, step by step, and their results.
#pragma once

#include "demo/load.hpp"
#include "http/owner_client.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace demo {

/// One request to the control interface, and its expected result.
struct step {
    std::string target{};        ///< "/swap/cache", or "/swap" for all components as one
    boost::json::object body{};  ///< empty: no body; the options of each component of a set, by its name
    std::string expected{};      ///< for a swap the release that runs afterwards; for a refusal its code
    bool refused = false;
    std::string about{};  ///< for a refusal: its description
};

/// A swap that was committed.
struct swap_line {
    boost::json::object report{};
    clock::time_point begin{};
    clock::time_point end{};
};

/// A refused swap, as its user saw it.
struct refusal_line {
    std::string about{};
    std::string request{};
    unsigned status = 0;
    std::string code{};
    std::string message{};
    clock::time_point begin{};
    clock::time_point end{};
};

struct campaign_options {
    std::filesystem::path control{};
    std::filesystem::path faulty{};   ///< a cache whose migration throws
    std::filesystem::path scratch{};  ///< for files that are no modules
    std::filesystem::path modules{};
    pid_t gateway = 0;
};

/// All three components through 1 → 2 → 3, as a set back to 2 and up again, through all releases down to 0 and up, by
/// handoff and by snapshot; refusals in between.
class campaign {
public:
    campaign(campaign_options wanted, load& under);

    std::size_t steps() const noexcept { return steps_.size(); }
    /// "swap cache to cache-2.0.0.so"
    std::string describe(std::size_t index) const;
    /// Takes one step and checks the result; a difference from the expected result becomes a finding of the
    /// load.
    void take(std::size_t index);

    std::vector<swap_line> const& swaps() const noexcept { return swaps_; }
    std::vector<refusal_line> const& refusals() const noexcept { return refusals_; }
    /// How many old generations the gateway's reports proved unmapped.
    std::size_t unmapped() const noexcept { return unmapped_; }

private:
    boost::json::object running(std::string const& component);
    void expect(bool holds, std::string const& claim);
    void check_counts(boost::json::object const& before, boost::json::object const& after);
    void take_one(step const& now, std::string const& component);
    void take_set(step const& now);
    void committed(step const& taken, gateway::reply const& got, clock::time_point begin);
    void note(std::string const& component, boost::json::object report, clock::time_point begin);
    void was_refused(step const& taken, gateway::reply const& got, clock::time_point begin);

    campaign_options wanted_;
    load& load_;
    gateway::owner_client owner_;
    std::vector<step> steps_;
    std::vector<swap_line> swaps_;
    std::vector<refusal_line> refusals_;
    std::size_t unmapped_ = 0;
};

/// The steps, in order.
std::vector<step> campaign_steps(campaign_options const& wanted);

}  // namespace demo
