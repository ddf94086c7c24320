// What runs, what is stored, and what lies on disk.
#pragma once

#include <filesystem>
#include <string>

namespace hotswap {

/// A module in one of these places.
struct placed_module {
    std::string release{};         ///< empty: there is none
    std::string digest{};          ///< of the file
    std::filesystem::path file{};  ///< of the newest on disk

    bool operator==(placed_module const& other) const noexcept { return digest == other.digest; }
};

/// One component in three places.
struct component_drift {
    std::string name{};
    placed_module running{};
    placed_module stored{};       ///< what a restart would bring back; empty without a store
    placed_module newest{};       ///< what a swap without a module would choose
    std::string no_newest{};      ///< why there is none
    bool stored_differs = false;  ///< there is a store, and it has another module than runs, or none
    bool newest_differs = false;  ///< a swap would change something
};

}  // namespace hotswap
