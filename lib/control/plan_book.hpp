// The plans that a control interface has shown. Each has a token, and a swap by that token does what the plan has shown, or is
// refused.
#pragma once

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/plan.hpp>

#include <deque>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// Components to swap, and how.
struct swap_order {
    component_set components{};
    set_options options{};
};

/// Threads:  [any]
class plan_book {
public:
    /// The token of a plan: a digest of the running generations, schemas, the chosen files' contents and the options.
    std::string remember(swap_order order, set_plan const& plan);

    /// The order that the plan was made for, where each component expects what the plan has shown.
    /// Errors:   plan_stale: this host has shown no such plan, or too many since.
    result<swap_order> find(std::string_view token) const;

private:
    struct entry {
        std::string token;
        swap_order order;
    };

    mutable mutex mutex_;
    std::deque<entry> entries_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
