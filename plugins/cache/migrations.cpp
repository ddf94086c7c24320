#include "cache/migrations.hpp"

#include "shared/number_argument.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace hotswap::cache_states {

v1::state upgrade_0_1(v0::state&& old) {
    v1::state now;
    for (std::size_t i = 0; i != old.shards.size(); ++i) {
        auto& entries = now.shards[i].entries;
        while (!old.shards[i].empty()) {
            auto node = old.shards[i].extract(old.shards[i].begin());
            entries.push_back({std::move(node.key()), std::move(node.mapped().value), node.mapped().expires});
        }
        entries.sort([](v1::entry const& a, v1::entry const& b) { return a.expires > b.expires; });
    }
    return now;
}

v0::state downgrade_1_0(v1::state&& now) {
    v0::state old;
    for (std::size_t i = 0; i != now.shards.size(); ++i)
        for (auto& entry : now.shards[i].entries)
            old.shards[i].try_emplace(std::move(entry.key), v0::entry{std::move(entry.value), entry.expires});
    return old;
}

v2::state upgrade_1_2(v1::state&& old, arguments const& given) {
    v2::state now;
    now.config.max_entries = old.config.max_entries;
    now.config.default_ttl = old.config.default_ttl;
    now.config.cleanup_interval = old.config.cleanup_interval;
    if (auto const budget = plugins::number_argument(given, "byte_budget")) {
        if (*budget < least_byte_budget)
            throw std::invalid_argument("argument byte_budget is " + std::to_string(*budget) +
                                        ", expected at least " + std::to_string(least_byte_budget) +
                                        " bytes");
        now.config.byte_budget = *budget;
    }
    now.last_cleanup = old.last_cleanup;
    for (std::size_t i = 0; i != old.shards.size(); ++i) {
        now.shards[i].counts = old.shards[i].counts;
        for (auto& entry : old.shards[i].entries) {
            std::uint64_t const cost = entry.key.size() + entry.value.size() + entry_overhead;
            now.shards[i].main.push_back({.key = std::move(entry.key),
                                          .value = std::move(entry.value),
                                          .expires = entry.expires,
                                          .cost = cost});
        }
    }
    return now;
}

v1::state downgrade_2_1(v2::state&& now) {
    v1::state old;
    old.config.max_entries = now.config.max_entries;
    old.config.default_ttl = now.config.default_ttl;
    old.config.cleanup_interval = now.config.cleanup_interval;
    old.last_cleanup = now.last_cleanup;
    for (std::size_t i = 0; i != now.shards.size(); ++i) {
        old.shards[i].counts = now.shards[i].counts;
        // Version 2 evicts from the small queue first, so that queue is the least recently used end here.
        for (auto* const queue : {&now.shards[i].main, &now.shards[i].small})
            for (auto& entry : *queue)
                old.shards[i].entries.push_back(
                    {std::move(entry.key), std::move(entry.value), entry.expires});
    }
    return old;
}

}  // namespace hotswap::cache_states
