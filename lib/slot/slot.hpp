// One component's place in the host: its gate, its callers, its running generation, and earlier generations.
#pragma once

#include "slot/abandoned_work.hpp"
#include "slot/component_facts.hpp"
#include "slot/current.hpp"
#include "slot/generation.hpp"
#include "slot/job_runner.hpp"
#include "slot/lineage.hpp"
#include "slot/operation_turn.hpp"
#include "slot/pause_history.hpp"
#include "slot/retired_code.hpp"
#include "slot/revision_callers.hpp"

#include <hotswap/contract.hpp>
#include <hotswap/detail/slot/gate.hpp>
#include <hotswap/detail/slot/generation_info.hpp>
#include <hotswap/failure.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hotswap::detail {

/// The facts about a generation that is about to run, made while a failure is still possible.
struct pending_facts {
    slot_facts facts;
    previous_module previous;
    bool is_same_content = false;
};

/// Everything belongs to the thread that holds `operation`, except the functions that say [any].
class slot {
public:
    slot(std::string name, contract wanted, host_context host);
    ~slot();
    slot(slot const&) = delete;
    slot& operator=(slot const&) = delete;

    /// The component's name.
    /// Threads:  [any]
    std::string const& name() const noexcept { return name_; }
    /// Held for the length of an operation; one at a time.
    /// Threads:  [any]
    operation_turn& operation() noexcept { return operation_; }
    operation_turn const& operation() const noexcept { return operation_; }
    /// The gate through which the component is called.
    /// Threads:  [any]
    current<detail::gate> const& gate() const noexcept { return gate_; }
    /// The services that the runtime provides.
    /// Threads:  [any]
    host_context const& host() const noexcept { return host_; }
    /// Tells the components that listen to this one that it was loaded, replaced, configured or unloaded.
    /// Threads:  [any], behind no gate
    void announce_change() const {
        if (host_.changed) host_.changed();
    }
    /// How often its settings were changed.
    /// Threads:  [any]
    std::uint64_t configured() const noexcept { return configured_.load(std::memory_order_relaxed); }
    void note_configured() noexcept { configured_.fetch_add(1, std::memory_order_relaxed); }
    /// The components that hold handles to this one.
    /// Threads:  [any]
    std::shared_ptr<detail::referrers> const& referrers() const noexcept { return referrers_; }

    /// The callers that the gate admits.
    /// Threads:  [any]
    current<revision_callers> const& callers() const noexcept { return callers_; }
    /// The next callers, during an operation that ends the present ones; null otherwise.
    /// Threads:  [any]
    current<revision_callers> const& next_callers() const noexcept { return next_callers_; }
    void set_next_callers(std::shared_ptr<revision_callers> next) noexcept {
        next_callers_.exchange(std::move(next));
    }
    /// Admits a caller that knows the component by `wanted`, see `revision_callers`. A thread that constructs
    /// behind the gate is admitted to the next callers.
    /// Errors:   contract_mismatch; throws std::bad_alloc.
    /// Threads:  [any]
    result<std::shared_ptr<detail::gate>> admit(contract const& wanted, std::string caller,
                                                std::string_view who);
    /// From now on the component is called through the gate of `next_callers`. The gate before stays closed,
    /// and the operation ends it.
    /// Threads:  [quiesced]
    void move_to_next_callers() noexcept;

    /// The common name of the files of the component's modules.
    std::string const& family() const noexcept { return family_; }
    void set_family(std::string family) noexcept { family_ = std::move(family); }
    /// The past pauses, for predictions.
    pause_history& pauses() noexcept { return pauses_; }
    pause_history const& pauses() const noexcept { return pauses_; }

    job_runner& runner() noexcept { return runner_; }
    generation& running() noexcept { return *running_; }
    generation const& running() const noexcept { return *running_; }
    bool is_loaded() const noexcept { return running_ != nullptr; }
    std::uint64_t next_number() const noexcept { return last_number_ + 1; }
    /// Puts a generation in place of the running one, which has no caller inside, and returns the old one.
    /// The gate stays as it is.
    /// Threads:  [quiesced]
    std::unique_ptr<generation> exchange(std::unique_ptr<generation> next) noexcept;

    /// Makes all facts about `next`, while a failure is still possible.
    /// Errors:   throws std::bad_alloc.
    pending_facts prepare_facts(generation const& next);
    /// Publishes `pending` once its generation runs; a revert goes back to the generation before.
    void publish(pending_facts pending, bool on_probation) noexcept;
    /// Brings the published facts up to date.
    /// Errors:   throws std::bad_alloc.
    void publish_facts();
    /// Threads:  [any]
    slot_facts facts() const;

    /// The generation that a revert goes back to, see `lineage`.
    previous_module const& previous() const noexcept { return lineage_.previous(); }
    shared_settings const& settings_before() const noexcept { return lineage_.settings_before(); }
    void set_settings_before(shared_settings settings) noexcept {
        lineage_.set_settings_before(std::move(settings));
    }
    /// After a recovery: the file of the generation before is the store's.
    void remember(previous_module before) noexcept { lineage_.remember(std::move(before)); }

    /// Keeps `old` as it is, for as long as the running generation is on probation.
    void stand_by(std::unique_ptr<generation> old) noexcept;
    generation* standby() const noexcept { return lineage_.standby(); }
    std::unique_ptr<generation> take_standby() noexcept;
    void fail_probation() noexcept { lineage_.fail_probation(); }
    bool is_on_probation() const noexcept { return lineage_.is_on_probation(); }
    /// Ends the probation: the standby generation is retired, with proof.
    unload_report end_probation();
    /// Publishes only that no probation is going on; this needs no memory.
    void note_probation_over() noexcept { facts_.note_probation_over(); }
    /// Remembers that the file of `digest` did not pass its probation; without a digest, that a generation
    /// did not.
    /// `fate`: the outcome, for the message of a revert to that file.
    /// Errors:   throws std::bad_alloc.
    void note_rollback(failure why, std::string digest, std::string fate = "did not pass its probation");
    bool was_rolled_back(std::string_view digest) const { return lineage_.was_rolled_back(digest); }
    bool has_rollbacks() const noexcept { return lineage_.has_rollbacks(); }
    std::string_view fate_of(std::string_view digest) const { return lineage_.fate_of(digest); }

    /// Destroys the instance of a generation that is not running, after its jobs; its state stays.
    void dismiss(generation& old) noexcept;
    /// Destroys a generation that is not running and unloads its module, with proof. If there is no memory
    /// for the proof, the report says that the module is retained.
    unload_report retire(std::unique_ptr<generation> old) noexcept;
    /// Looks again at the modules that could not be unloaded before.
    /// Threads:  [any]
    void sweep_retained();
    /// Keeps code that was abandoned while it ran: when the code is over, its generation is retired.
    /// Errors:   throws std::bad_alloc.
    /// Threads:  [any]
    void adopt_abandoned(std::shared_ptr<abandoned_work> work) { retired_.adopt_abandoned(std::move(work)); }
    /// Whether code that was retired or abandoned may still call the host.
    /// Threads:  [any]
    bool has_pins() const { return retired_.has_pins(); }
    /// Never unloads the running generation: a thread is still inside.
    void leak_running() noexcept;

private:
    std::string const name_;
    host_context const host_;
    operation_turn operation_;
    current<detail::gate> gate_;
    std::shared_ptr<detail::referrers> const referrers_ = std::make_shared<detail::referrers>();
    current<revision_callers> callers_{std::make_shared<revision_callers>(gate_.get())};
    current<revision_callers> next_callers_{};
    std::string family_;
    pause_history pauses_;
    job_runner runner_;
    std::unique_ptr<generation> running_;
    std::uint64_t last_number_ = 0;
    std::atomic<std::uint64_t> configured_{0};
    lineage lineage_;
    retired_code retired_{host_};
    component_facts facts_;
};

}  // namespace hotswap::detail
