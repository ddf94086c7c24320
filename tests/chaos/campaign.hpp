// The operations on the gateway, in random order, and their expected results.
#pragma once

#include "bad_files.hpp"
#include "caller.hpp"
#include "gateway_site.hpp"
#include "moves.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chaos {

class campaign {
public:
    explicit campaign(wanted const& how);
    ~campaign() { site_.run_is_over(); }  // ends callers that wait for the next gateway
    campaign(campaign const&) = delete;
    campaign& operator=(campaign const&) = delete;
    bool run();

private:
    struct move {
        char const* name;
        unsigned weight;
        void (campaign::*take)(before const&);
        bool slow = false;  // takes many seconds, or much memory
    };
    static std::vector<move> moves();

    // Good operations.
    void swap_well(before const& was);
    void hand_off(before const& was);
    void revert(before const& was);
    void plan(before const& was);
    void checkpoint(before const& was);
    void pass_probation(before const& was);
    void fail_probation(before const& was);
    // Files and modules that must be refused, or need a warning.
    void bad_file(before const& was);
    void replaced_while_loading(before const& was);
    void unsealed(before const& was);
    void bad_module(before const& was);
    void static_deed(before const& was);
    void slow_deed(before const& was);
    void thread_local_destructor(before const& was);
    void constructor_without_end(before const& was);
    // Faults of the machine.
    void fault(before const& was);
    void stuck_caller(before const& was);
    void no_descriptors(before const& was);
    void disk_full(before const& was);
    void clock_step(before const& was);
    void kill(before const& was);

    before look(std::string const& component);
    before need(std::string const& component, std::string const& release);
    std::string any_release();
    /// Swaps, and checks by the status that the whole swap happened, or nothing.
    answer swap(before const& was, boost::json::object body);
    answer finish(before const& was, clock::time_point asked, answer got, std::string const& wanted);
    void expect_refused(answer const& got, std::string const& what, std::vector<std::string> const& codes);
    /// A swap or checkpoint may have been made durable as of `asked`.
    void note_durable(std::string const& component, clock::time_point asked, bool is_durable);
    /// Waits for the end of a probation, and of its watch's last work.
    boost::json::object after_probation(std::string const& component);
    std::string zoo(std::string const& name) const;
    void after_each();
    void start();
    void at_the_end();
    void progress();
    void report();

    wanted how_;
    dice random_;
    findings found_;
    gateway_site site_;
    std::vector<std::unique_ptr<caller>> callers_;
    std::unique_ptr<greedy_caller> greedy_;
    std::map<std::string, std::uint64_t> counts_;
    std::set<std::string> points_;
    std::map<std::string, std::set<std::string>> may_come_back_;  // the releases, by component
    footprint early_;
    unsigned done_ = 0;
    unsigned kills_ = 0;
    unsigned since_start_ = 0;
    std::string doing_;
    clock::time_point began_;
};

}  // namespace chaos
