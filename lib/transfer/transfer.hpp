// How the state gets from the running generation to the next one, behind a closed gate.
#pragma once

#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "transfer/byte_buffer.hpp"
#include "transfer/gated_work.hpp"
#include "transfer/pause.hpp"
#include "transfer/precopy.hpp"
#include "transfer/route.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/failure.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace hotswap::detail {

/// A generation on its way: unless it is taken out, it is retired when the scope ends, after the gate has
/// opened.
class next_generation {
public:
    next_generation(slot& in, std::shared_ptr<loaded_module> module, std::filesystem::path source,
                    shared_settings with = nullptr);
    /// Takes one that is complete already.
    next_generation(slot& in, std::unique_ptr<generation> made) noexcept
        : slot_(in), made_(std::move(made)) {}
    ~next_generation();
    next_generation(next_generation const&) = delete;
    next_generation& operator=(next_generation const&) = delete;

    generation& operator*() const noexcept { return *made_; }
    generation* operator->() const noexcept { return made_.get(); }
    bool is_taken() const noexcept { return made_ == nullptr; }
    std::unique_ptr<generation> take() noexcept { return std::move(made_); }
    void put_back(std::unique_ptr<generation> made) noexcept { made_ = std::move(made); }

private:
    slot& slot_;
    std::unique_ptr<generation> made_;
};

/// Everything in it is undone by opening the gate again.
/// Errors:   of all three: export_failed, migration_failed, validation_failed, construct_failed, out_of_memory,
///           pause_budget_exceeded.
/// Threads:  [quiesced]
class state_transfer {
public:
    state_transfer(slot& in, step_recorder& steps, route const& way, hotswap::arguments const& arguments,
                   argument_view const& with)
        : in_(in), steps_(steps), way_(way), arguments_(arguments), with_(with) {}

    /// Before the gate closes: starts the thread for work that may overrun a budget.
    /// Errors:   throws std::system_error if there is no thread.
    void expect_budget() { worker_.emplace(in_.entrance->name()); }
    /// Before the gate closes: gets the memory that the state took when it was last serialized.
    void expect_snapshot() noexcept;

    /// Through the serialized form.
    result<void> by_snapshot(pause const& closed, next_generation& next);
    /// As by snapshot, but the rows of the tables are there already.
    result<void> by_precopy(pause const& closed, next_generation& next, precopy& tables);
    /// The very same object; it changes hands at the commit.
    result<void> by_handoff(pause const& closed, generation& next);
    /// Constructs the instance on the state that `next` has.
    result<void> construct_on(pause const& closed, next_generation& next);

private:
    result<void> export_to(pause const& closed, byte_buffer& payload);
    result<void> import_and_construct(pause const& closed, next_generation& next,
                                      std::unique_ptr<byte_buffer> payload);
    result<void> construct_directly(pause const& closed, generation& next, void* state);

    slot& in_;
    step_recorder& steps_;
    route const& way_;
    hotswap::arguments const& arguments_;
    argument_view const& with_;
    std::optional<gated_thread> worker_;
    std::unique_ptr<byte_buffer> payload_ = std::make_unique<byte_buffer>();
    std::unique_ptr<byte_buffer> used_;  // freed after the gate has opened
};

}  // namespace hotswap::detail
