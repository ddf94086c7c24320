// Callers of a storm, each with a model of its calls: it compares every answer with the model.
#pragma once

#include "findings.hpp"
#include "swap/fixtures/rows.hpp"
#include "swap/fixtures/tally.hpp"
#include "wanted.hpp"

#include <hotswap/detail/slot/handle.hpp>

#include <atomic>
#include <map>
#include <string>
#include <thread>

namespace chaos {

struct storm_targets {
    hotswap::handle<hotswap_test::tally> sums;
    hotswap::handle<hotswap_test::rows> rows;
};

/// Works on keys that no other caller touches, so that each answer is known; and on one that all share.
class storm_caller {
public:
    storm_caller(storm_targets on, unsigned number, std::uint64_t seed, findings& found);
    ~storm_caller() { stop(); }
    storm_caller(storm_caller const&) = delete;
    storm_caller& operator=(storm_caller const&) = delete;

    void stop();
    /// Compares the components' values of its keys with the model.
    void check(storm_targets const& in);
    std::uint64_t calls() const noexcept { return calls_.load(); }
    std::uint64_t shared() const noexcept { return shared_; }

private:
    void work();
    void step();
    void change_row();
    std::string key(std::size_t which) const {
        return "k" + std::to_string(number_) + "0" + std::to_string(which);
    }

    storm_targets on_;
    unsigned number_;
    dice random_;
    findings& found_;
    std::map<std::string, std::uint64_t> sums_;  // the model
    std::map<std::string, std::uint64_t> rows_;  // the model
    std::uint64_t shared_ = 0;
    std::uint64_t shared_seen_ = 0;
    std::atomic<std::uint64_t> calls_{0};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace chaos
