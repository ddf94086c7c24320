// One or more changes that are committed, or undone, together.
#pragma once

#include "durable/durability.hpp"
#include "swap/change.hpp"
#include "transfer/closed_gates.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// The terms of all changes of a transaction.
struct transaction_terms {
    pause_limits limits{};
    bool on_probation = false;      ///< the old generations stand by instead of being retired
    durability* durable = nullptr;  ///< null: the transaction is not stored
    hotswap::before_commit const* before_commit = nullptr;  ///< null, or empty: none
};

/// A swap of one component, or of several: their gates close together, and open together for the new
/// generations or for the old ones.
/// Threads:  a thread that holds the operations of all slots.
class transaction {
public:
    /// `changes`: at least one, each of another slot.
    transaction(hotswap::operation operation, std::vector<std::unique_ptr<change>> changes,
                transaction_terms terms);
    ~transaction();
    transaction(transaction const&) = delete;
    transaction& operator=(transaction const&) = delete;

    /// Effects:  all or nothing; on failure the old generations serve on.
    /// Errors:   those of its changes, which name the component; may throw std::bad_alloc, also after the commit.
    result<void> run();

    /// Whether the new generations serve.
    bool is_committed() const noexcept { return is_committed_; }
    /// Whether there was something to do for the component.
    bool has_changed(slot const& slot) const noexcept {
        return std::find(slots_.begin(), slots_.end(), &slot) != slots_.end();
    }
    /// In the order of the changes.
    std::vector<swap_report> take_reports();

private:
    result<void> prepare();
    result<void> begin();
    result<void> move_states();
    result<void> pause_once();
    result<void> drain(closed_gates& closed);
    result<void> transfer(closed_gates& closed);
    result<void> may_commit();
    void commit(closed_gates& closed) noexcept;
    result<void> prepare_again();
    void make_durable();
    void settle();
    failure refused(failure why);
    std::vector<durable_part> parts() const;

    hotswap::operation const operation_;
    std::vector<std::unique_ptr<change>> const changes_;
    transaction_terms const terms_;
    std::vector<change*> active_;  // all changes that are not idle
    std::vector<slot*> slots_;     // the slots of `active_`
    std::uint64_t intent_ = 0;     // 0: none noted
    bool is_committed_ = false;
    bool is_refused_by_host_ = false;
};

}  // namespace hotswap::detail
