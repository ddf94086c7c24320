// The lengths of one component's pauses, for its next prediction.
#pragma once

#include <array>
#include <cstdint>

namespace hotswap::detail {

/// How a swap moves a state.
struct state_move {
    std::uint32_t from = 0;  ///< the schema version that the swap began with
    std::uint32_t to = 0;    ///< the schema version that the swap led to
    bool is_read = false;    ///< the new code reads the running object; false: the state is serialized
};

/// Threads:  the thread that holds the slot's operation.
class pause_history {
public:
    /// Nanoseconds for each byte of the serialized state, from the last swap that kept, raised or lowered the
    /// schema version like `how`; 0: there was none.
    double ns_for_byte(state_move const& how) const noexcept;
    void note_ns_for_byte(state_move const& how, double nanoseconds) noexcept;

    /// Bytes of the serialized state at its last export; 0: there was none.
    std::uint64_t last_payload() const noexcept { return last_payload_; }
    void note_payload(std::uint64_t bytes) noexcept { last_payload_ = bytes; }

    /// Bytes of the heap that the state took at the last measurement; 0: there was none.
    std::uint64_t state_memory() const noexcept { return state_memory_; }
    void note_state_memory(std::uint64_t bytes) noexcept { state_memory_ = bytes; }

private:
    using each_direction = std::array<double, 3>;  // the version stays, rises, falls

    each_direction serialized_{};
    each_direction read_{};
    std::uint64_t last_payload_ = 0;
    std::uint64_t state_memory_ = 0;
};

}  // namespace hotswap::detail
