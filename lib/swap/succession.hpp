// What every replacement does once its next generation is loaded, or at hand: rows, pause, commit, retire.
#pragma once

#include "durable/persistence.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "swap/replace.hpp"
#include "transfer/pause.hpp"
#include "transfer/precopy.hpp"
#include "transfer/route.hpp"
#include "transfer/transfer.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>

#include <cstddef>

namespace hotswap::detail {

/// One generation after another. The caller holds the slot's operation.
class succession {
public:
    /// `keeper` makes it durable; null: nothing does.
    succession(slot& in, step_recorder& steps, persistence* keeper);
    ~succession();
    succession(succession const&) = delete;
    succession& operator=(succession const&) = delete;

    route way;                    ///< set before the state moves
    swap_report report;           ///< what is known so far
    bool on_other_state = false;  ///< the next generation does not go on from the running one's state
    bool on_probation = false;    ///< the old generation stands by instead of being retired

    /// Moves the state to `next` and puts it in place of the running generation.
    /// Errors:   those of the rows, the pause and what happens in it; then the old generation serves.
    result<swap_report> carry_over(replacement const& by, next_generation& next);
    /// Puts `next` in place, whose state is there already.
    /// Errors:   as `carry_over`.
    result<swap_report> go_on_with(next_generation& next, pause_limits const& limits, arguments const& with);
    /// The report of a swap to what runs already.
    swap_report do_nothing();
    /// Before the gate closes: prepares what will be said of `next`, and notes durably what is about to happen.
    /// Errors:   store_full, store_read_only, store_failed; throws std::bad_alloc.
    result<void> begin(generation const& next);
    /// It did not happen. Returns `why`. The gate is open.
    failure refused(failure why);
    /// The commit and what follows, on a state and an instance that are there. Cannot fail.
    swap_report finish(pause& closed, next_generation& next, precopy* tables, arguments const& with);

private:
    result<swap_report> carry_over_once(replacement const& by, next_generation& next, precopy& tables,
                                        argument_view const& with);
    void persist(generation const& old, arguments const& with);
    void let_go_of(std::unique_ptr<generation> old) noexcept;
    void settle(pause& closed, std::unique_ptr<generation>& old, precopy* tables, arguments const& with);
    void complete_report(pause const& closed);

    slot& in_;
    step_recorder& steps_;
    persistence* keeper_;
    slot_news news_;
    std::uint64_t intent_ = 0;  // 0: none noted
};

}  // namespace hotswap::detail
