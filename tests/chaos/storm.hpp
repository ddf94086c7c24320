// A runtime in this process that is swapped thousands of times, with faults, while callers are at work.
#pragma once

#include "growth.hpp"
#include "moves.hpp"
#include "storm_callers.hpp"

#include <hotswap/runtime.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace chaos {

class storm {
public:
    storm(wanted const& how, std::filesystem::path scratch);
    bool run();

private:
    void step();
    // The moves; each ends in `count`.
    void swap_well(before const& was);
    void revert(before const& was);
    void checkpoint();
    void with_a_fault(before const& was);
    void to_a_bad_file(before const& was);
    void to_a_bad_module(before const& was);
    void with_a_lease_out(before const& was);
    void within_a_budget(before const& was);
    void on_probation(before const& was);

    hotswap::swap_options options_for(before const& was);
    hotswap::component_status status(std::string const& component) const;
    /// Checks after every operation that the whole operation happened, or nothing.
    bool judge(before const& was, std::string const& move, hotswap::result<hotswap::swap_report> const& done,
               std::filesystem::path const& asked, std::vector<std::string> const& codes = {});
    void must_refuse(before const& was, std::string const& move,
                     hotswap::result<hotswap::swap_report> const& done, std::filesystem::path const& asked,
                     std::vector<std::string> const& codes);
    std::string fault();
    void disarm();
    void forget_retained();
    void progress();
    void come_back();
    void report();

    wanted how_;
    std::filesystem::path scratch_;
    dice random_;
    findings found_;
    std::unique_ptr<hotswap::runtime> runtime_;
    std::optional<storm_targets> targets_;
    std::vector<std::unique_ptr<storm_caller>> callers_;
    std::map<std::string, std::uint64_t> counts_;
    std::set<std::string> points_;
    footprint early_;
    unsigned done_ = 0;
    std::chrono::steady_clock::time_point began_;
};

}  // namespace chaos
