// Swaps to modules that arrive in a directory.
#pragma once

#include "module/directory_watch.hpp"
#include "report/step_recorder.hpp"
#include "runtime/registry.hpp"
#include "runtime/set_operations.hpp"

#include <hotswap/detail/base/library_thread.hpp>
#include <hotswap/runtime.hpp>

#include <filesystem>
#include <set>
#include <stop_token>
#include <string>

namespace hotswap::detail {

/// Watches on a thread of its own, until it is destroyed.
class module_watch {
public:
    /// `options` have a watch. A directory that cannot be watched is an event.
    module_watch(runtime_options const& options, registry const& components, set_operations& sets,
                 event_sink const& sink);
    ~module_watch() { stop(); }
    module_watch(module_watch const&) = delete;
    module_watch& operator=(module_watch const&) = delete;

    /// A swap that is under way ends before its commit.
    void stop() noexcept;

private:
    void run(directory_watch files) noexcept;
    /// False: a component is busy, so the file has to be considered again.
    bool consider(std::filesystem::path const& file);
    bool swap_to(slot const& of, std::filesystem::path const& file, std::string const& release);
    void say(level severity, std::string const& component, std::string message) const;

    runtime_options const& options_;
    registry const& components_;
    set_operations& sets_;
    event_sink const& sink_;
    std::set<std::filesystem::path> waiting_;  // for a component that was busy
    std::stop_source stop_;
    library_thread thread_;
};

}  // namespace hotswap::detail
