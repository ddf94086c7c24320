// One component's place in the host: its gate, its running generation, and what is left of earlier ones.
#pragma once

#include "slot/abandoned_work.hpp"
#include "slot/current.hpp"
#include "slot/generation.hpp"
#include "slot/job_runner.hpp"
#include "slot/operation_turn.hpp"
#include "slot/revision_callers.hpp"

#include <hotswap/contract.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/gate.hpp>
#include <hotswap/detail/slot/generation_info.hpp>
#include <hotswap/failure.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// Code that could not be unloaded yet.
struct retained_module {
    module_use module;
    std::unique_ptr<host_services> services;  ///< kept for what uses it; null once nothing does
    std::string threads{};                    ///< that were seen in it when they were last looked for
    std::string callbacks{};                  ///< of the process that lay in it then

    /// Whether code of it may still run, and call the host.
    bool is_in_use() const noexcept { return !threads.empty() || (services && services->pins() != 0); }
    /// Whether something may still run code of it.
    bool is_held() const noexcept { return is_in_use() || !callbacks.empty(); }
    /// Looks for what holds it, if its claim is the last one.
    void look(int probe_signal) noexcept;
    std::string reason() const;
};

/// The file of the generation before, for a revert: its private copy is kept until the next commit.
struct previous_module {
    std::shared_ptr<loaded_module> module;  ///< closed; owns the staged file; null after a recovery
    std::filesystem::path source;
    std::shared_ptr<module_copy const> copy;  ///< its bytes; null if it could not be opened at the recovery
    std::string name;                         ///< what people know it as; empty: there is none
    std::string release;
    std::string digest;
    shared_settings settings{};  ///< with which it ran; null: not known
    served_contract contract{};  ///< by which it was called
};

/// What a slot tells of itself while an operation may be at work on it.
struct slot_facts {
    generation_info running;
    std::string schema;
    std::filesystem::path source;
    std::string previous_release;
    std::string retained;                ///< as of now
    std::vector<std::string> libraries;  ///< that its modules need, and that stay loaded
    std::uint64_t swaps = 0;
    bool on_probation = false;
    /// On probation with code that did not run before: a process that dies may have died of it.
    bool is_suspect = false;
    std::optional<failure> rolled_back;   ///< why a probation sent a generation back, until the next swap
    std::vector<std::string> warnings{};  ///< of the running module
    hotswap::settings settings;
};

/// What a slot says once another generation runs.
struct slot_news {
    slot_facts facts;
    previous_module previous;
    bool is_same_content = false;
};

/// Everything but `facts` and `sweep_retained` belongs to the thread that holds `operation`.
class slot {
public:
    slot(std::string name, contract wanted, environment around);
    ~slot();
    slot(slot const&) = delete;
    slot& operator=(slot const&) = delete;

    operation_turn operation;  ///< held for the length of an operation; one at a time

    current<gate> entrance;
    environment const around;
    std::shared_ptr<referrers> const referred_to_by = std::make_shared<referrers>();
    /// Those who come through it.
    current<revision_callers> callers{std::make_shared<revision_callers>(entrance.get())};
    /// Those to come, while an operation is at work that ends those of now; null otherwise.
    current<revision_callers> next_callers{};
    std::string family;  ///< what its modules' files are called
    /// Those of the generation before, as far as a recovery knows them.
    shared_settings settings_before{};
    /// Nanoseconds, as the last swap through the serialized form showed that kept, raised or lowered the schema
    /// version; 0: none yet.
    std::array<double, 3> pause_for_byte{};
    std::array<double, 3> pause_for_byte_read{};  ///< the same where the new code read the running object
    std::uint64_t last_payload = 0;               ///< bytes of the serialized state when it was last exported
    std::uint64_t state_memory = 0;  ///< what the state took of the heap when it was last measured

    job_runner& runner() noexcept { return runner_; }
    generation& running() noexcept { return *running_; }
    generation const& running() const noexcept { return *running_; }
    bool is_loaded() const noexcept { return running_ != nullptr; }
    previous_module const& previous() const noexcept { return previous_; }
    std::uint64_t next_number() const noexcept { return last_number_ + 1; }

    /// A way in for a caller that knows the component by `wanted`, see `revision_callers`. What is constructed behind the gate
    /// finds the component as it will be.
    /// Errors:   contract_mismatch; throws std::bad_alloc.
    /// Threads:  [any]
    result<std::shared_ptr<gate>> admit(contract const& wanted, std::string caller, std::string_view who);
    /// From now on the component is called through the gate of `next_callers`. The one before stays closed, and is the
    /// operation's to end.
    /// Threads:  [quiesced]
    void move_to_next_callers() noexcept;

    /// Puts a generation in place of the running one, whose callers are out, and returns that one. The gate
    /// stays as it is.
    /// Threads:  [quiesced]
    std::unique_ptr<generation> exchange(std::unique_ptr<generation> next) noexcept;
    /// Everything that the slot will say of itself once `next` runs, made while that may still fail.
    /// Errors:   throws std::bad_alloc.
    slot_news expect(generation const& next);
    /// From now on it says that, and a revert goes back to what was running.
    void announce(slot_news news, bool on_probation) noexcept;
    /// After a recovery: the file is the store's.
    void remember(previous_module before) {
        previous_ = std::move(before);
        if (!previous_.settings) previous_.settings = settings_before;
    }

    /// Keeps `old` as it is, for as long as the running generation is on probation.
    void stand_by(std::unique_ptr<generation> old) noexcept;
    /// The generation before, while the running one is on probation; null otherwise.
    generation* standby() const noexcept { return standby_.get(); }
    std::unique_ptr<generation> take_standby() noexcept;
    /// The running generation failed its probation and could not be sent back: the way out is another release.
    void fail_probation() noexcept { probation_failed_ = true; }
    /// Whether the running generation is on a probation that it has not failed yet.
    bool is_on_trial() const noexcept { return standby_ != nullptr && !probation_failed_; }
    /// Ends the probation: what stood by is retired, with proof.
    unload_report end_probation();
    /// `facts` says that no probation is going on, also where there is no memory to publish all of them.
    void note_probation_over() noexcept;
    /// Remembers that the file of `digest` did not pass its probation; without one, that a generation did not.
    /// `what` became of it, for a revert that would lead there.
    void note_rollback(failure why, std::string digest, std::string what = "did not pass its probation");
    bool was_rolled_back(std::string_view digest) const { return rolled_back_files_.contains(digest); }
    /// "failed its probation and was sent back"; empty: it did not fail.
    std::string_view fate_of(std::string_view digest) const;
    bool has_rollbacks() const noexcept { return !rolled_back_files_.empty(); }

    /// Destroys the instance of a generation that is not running, after its jobs; its state stays.
    void dismiss(generation& old) noexcept;
    /// Destroys a generation that is not running and unloads its module, with proof. Without memory for the proof there is
    /// none, and the report says so.
    unload_report retire(std::unique_ptr<generation> old) noexcept;
    /// Looks again at what could not be unloaded before.
    /// Threads:  [any]
    void sweep_retained();
    /// Takes care of code that was given up: when it is over, its generation is retired.
    void adopt_abandoned(std::shared_ptr<abandoned_work> what);
    /// Whether code that was retired or given up may still call the host.
    bool has_pins() const;
    /// Gives up on ever unloading the running generation: a thread is still inside.
    void leak_running() noexcept;

    /// Threads:  [any]
    slot_facts facts() const;
    /// Brings `facts` up to date.
    void publish_facts();

private:
    retained_module const* holder_of(loaded_module const& module) const HOTSWAP_REQUIRES(facts_mutex_);
    bool is_overrunning(loaded_module const& module) const HOTSWAP_REQUIRES(facts_mutex_);
    unload_report let_go_of(retained_module kept);
    slot_facts facts_of(generation const* running, std::string previous_release) const;
    void retire_finished();

    job_runner runner_;
    std::unique_ptr<generation> running_;
    previous_module previous_;
    std::unique_ptr<generation> standby_;
    bool probation_failed_ = false;
    std::map<std::string, std::string, std::less<>> rolled_back_files_;  // by digest: what became of it
    std::uint64_t last_number_ = 0;

    mutable mutex facts_mutex_;
    std::vector<retained_module> retained_ HOTSWAP_GUARDED_BY(facts_mutex_);
    std::vector<std::shared_ptr<abandoned_work>> abandoned_ HOTSWAP_GUARDED_BY(facts_mutex_);
    slot_facts facts_ HOTSWAP_GUARDED_BY(facts_mutex_);
    bool is_abandoned_ HOTSWAP_GUARDED_BY(facts_mutex_) = false;
};

}  // namespace hotswap::detail
