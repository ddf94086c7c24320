// Operations on several components as one: swap, plan, revert. An operation on one component is a set of one.
#pragma once

#include "runtime/host_store.hpp"
#include "runtime/operations.hpp"
#include "runtime/probations.hpp"
#include "runtime/requested_changes.hpp"
#include "swap/transaction.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/plan.hpp>
#include <hotswap/report.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hotswap::detail {

/// Threads:  [any]
class set_operations {
public:
    set_operations(operations& all, registry const& components, requested_changes& changes,
                   probations& probations, host_store& store) noexcept
        : operations_(all),
          components_(components),
          requested_(changes),
          probations_(probations),
          store_(store) {}

    result<set_report> swap(component_set const& set, set_options const& options);
    result<set_plan> plan(component_set const& set, set_options const& options);
    /// Reverts `names`, and the components that are on probation together with them.
    result<set_report> revert(std::vector<std::string> names, revert_options const& options);
    result<swap_report> restore(std::string_view name, std::span<std::byte const> frame,
                                restore_options const& options);

private:
    /// Runs changes of the components that `of` names; on probation, if the terms have one.
    result<std::vector<swap_report>> run(std::span<component_operation const> of,
                                         std::vector<std::unique_ptr<change>> changes,
                                         transaction_terms terms, probation const& watched_by);
    void count(std::span<component_operation const> of, std::vector<swap_report> const& reports);
    result<probation_watch*> make_watch(std::span<component_operation const> of,
                                        transaction_terms const& terms, probation const& watched_by);
    result<std::vector<swap_report>> run_back(std::span<component_operation const> of,
                                              revert_options const& options);

    operations& operations_;
    registry const& components_;
    requested_changes& requested_;
    probations& probations_;
    host_store& store_;
};

}  // namespace hotswap::detail
