// The facts about one component that any thread may read during an operation on the component.
#pragma once

#include "slot/generation.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/generation_info.hpp>
#include <hotswap/failure.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotswap::detail {

struct slot_facts {
    generation_info running;
    std::string schema;
    std::filesystem::path source;
    std::string previous_release;
    std::string retained;                ///< modules that could not be unloaded, as of now
    std::vector<std::string> libraries;  ///< needed by its modules; these stay loaded
    std::uint64_t swaps = 0;
    bool on_probation = false;
    /// On probation with code that did not run before: the death of a process may be its fault.
    bool is_suspect = false;
    std::optional<failure> rolled_back;   ///< the last return from a probation, until the next swap
    std::vector<std::string> warnings{};  ///< of the running module
    hotswap::settings settings;
};

/// The facts about `running`, without those of earlier generations; null: a component without a generation.
/// Errors:   throws std::bad_alloc.
slot_facts facts_of(generation const* running, std::string previous_release);

/// The published facts.
/// Threads:  [any] reads; only the thread that holds the slot's operation prepares, publishes and notes.
class component_facts {
public:
    /// Errors:   throws std::bad_alloc.
    slot_facts get() const;

    /// Completes the facts about a next generation: one more swap, and the libraries that are loaded already.
    /// Errors:   throws std::bad_alloc.
    void prepare(slot_facts& next) const;
    /// Readers see `next` from now on.
    void publish(slot_facts next) noexcept;
    /// Readers see `now` from now on, with the swaps, the libraries and the rollback that were published before.
    /// Errors:   throws std::bad_alloc; the facts then stay as they are.
    void refresh(slot_facts now);

    void note_probation_over() noexcept;
    void note_rollback(failure why) noexcept;

private:
    mutable mutex mutex_;
    slot_facts facts_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
