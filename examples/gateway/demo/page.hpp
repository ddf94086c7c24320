// The demo's output as a page: one HTML file that opens without a network.
#pragma once

#include "demo/campaign.hpp"
#include "demo/load.hpp"
#include "demo/memory_watch.hpp"
#include "demo/report.hpp"
#include "demo/restart.hpp"

#include <string>
#include <vector>

namespace demo {

/// Everything that the page shows.
struct page_facts {
    campaign const& done;
    load& under;
    aftermath const& after;
    restart_result const& restart;
    std::vector<memory_sample> memory;
    clock::time_point begin;  ///< of the load
    std::uint64_t filled = 0;
};

/// The page. Both latency charts have one scale.
std::string page(page_facts const& facts);

}  // namespace demo
