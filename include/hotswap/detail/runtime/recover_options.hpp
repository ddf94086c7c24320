// How a stored set is brought back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// On which modules a recovery puts the stored states.
enum class recover_modules : std::uint8_t {
    stored,  ///< those of the set, and no other
    newest_if_refused,  ///< where one is refused or damaged: the newest one of its family in the modules directory that fits
    newest,  ///< for every component, the newest one of its family in the modules directory that fits
};

/// "stored", "newest_if_refused" or "newest".
std::string_view to_string(recover_modules which) noexcept;

/// Options of `runtime::recover`.
struct recover_options {
    /// After an upgrade of host, compiler, ABI or contract: states are read by newer modules as in `load` with a snapshot.
    recover_modules modules = recover_modules::stored;
    /// Components that are left out. What the store has of them is moved into its folder "aside" and stays there.
    std::vector<std::string> without{};
    /// Whether a generation that was on probation when the process died comes back; otherwise the one before it does.
    bool trust_suspects = false;
};

}  // namespace hotswap
