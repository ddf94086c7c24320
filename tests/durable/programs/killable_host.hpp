// A host that a test kills: its runtime has a store below one directory, and writes it only when told to.
#pragma once

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <vector>

namespace hotswap_test {

inline hotswap::runtime_options killable_options(std::filesystem::path const& directory) {
    return {.modules = directory,
            .staging = directory / "staging",
            .log_to_stderr = false,
            .rehearse = hotswap::rehearse::never,
            .store = directory / "store",
            .checkpoint_on_exit = false};
}

/// Recovers, and prints the reason if the stored state is lost.
inline hotswap::result<std::vector<hotswap::component_status>> recover_or_say(hotswap::runtime& runtime) {
    auto back = runtime.recover();
    if (!back) fmt::print("lost: {}\n", back.error().message);
    return back;
}

}  // namespace hotswap_test
