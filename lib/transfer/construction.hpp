// The steps behind the gates that use nothing of the running generation: read, migrate, construct.
#pragma once

#include "transfer/abandonable_work.hpp"
#include "transfer/byte_buffer.hpp"
#include "transfer/heap_reserve.hpp"
#include "transfer/next_state.hpp"

#include <hotswap/failure.hpp>

#include <cstddef>
#include <memory>
#include <optional>

namespace hotswap::detail {

/// Runs these steps: within a budget, on a thread that can be abandoned; without a budget, the constructor
/// has a bound (`closed_gates::within_bound`), unless the running instance has released resources that it
/// needs.
class construction {
public:
    explicit construction(move_context const& context) noexcept : context_(context) {}

    /// Before the gates close: if there is a budget, starts the thread for work that may overrun it.
    /// Otherwise gets `memory` for the states that this thread makes.
    /// Errors:   throws std::system_error if there is no thread.
    void expect(pause_limits const& limits, std::size_t memory = 0);
    /// Lets the reserved memory be used.
    void gates_close() noexcept { reserve_.release(); }
    /// Reads `payload`, unless `next` has its state, and constructs the instance.
    /// Errors:   those of `next_state::in_pause` but export_failed.
    result<void> run(closed_gates& closed, next_generation& next, std::unique_ptr<byte_buffer> payload);

private:
    bool run_steps(std::shared_ptr<abandonable_work> const& work, closed_gates& closed,
                   result<void>& constructed);
    result<void> leave_it(std::shared_ptr<abandonable_work> const& work, closed_gates const& closed,
                          bool reads);
    result<void> note(abandonable_work const& work, result<void> const& constructed, bool reads,
                      std::uint64_t bytes);

    move_context const& context_;
    std::optional<abandonable_thread> worker_;
    std::optional<abandonable_thread> reader_;  // if the running instance is released between the steps
    std::unique_ptr<byte_buffer> used_;         // freed after the gates have opened
    heap_reserve reserve_;                      // likewise
};

}  // namespace hotswap::detail
