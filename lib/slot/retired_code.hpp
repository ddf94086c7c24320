// Code of earlier generations that could not be unloaded yet.
#pragma once

#include "module/module_use.hpp"
#include "slot/abandoned_work.hpp"
#include "slot/host_services.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/generation_info.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace hotswap::detail {

/// A module that could not be unloaded yet.
struct retained_module {
    module_use module;
    std::unique_ptr<host_services> services;  ///< kept while code may call them; null afterwards
    std::string threads{};                    ///< found in the module's code by the last look
    std::string callbacks{};                  ///< of the process, found in the module by the last look

    /// Whether the module's code may still run, and call the host.
    bool is_in_use() const noexcept { return !threads.empty() || (services && services->pins() != 0); }
    /// Whether the process may still run the module's code.
    bool is_held() const noexcept { return is_in_use() || !callbacks.empty(); }
    /// Looks for threads and callbacks that hold the module, if this is its last use.
    void look(int probe_signal) noexcept;
    /// The reason that the module is kept.
    std::string reason() const;
};

/// Keeps the modules of earlier generations until no thread, pin or callback holds them, then unloads them.
/// Threads:  [any]
class retired_code {
public:
    /// Lifetime: `host` outlives this object.
    explicit retired_code(host_context const& host) noexcept : host_(host) {}
    retired_code(retired_code const&) = delete;
    retired_code& operator=(retired_code const&) = delete;

    /// Makes room for `more` modules, so that the next calls of `let_go_of` need no memory for them.
    /// Errors:   throws std::bad_alloc.
    void reserve(std::size_t more);
    /// Unloads the module, with proof, or keeps it with its services. A module that is in use is never
    /// unloaded; a module that other generations use stays open.
    /// Errors:   throws std::bad_alloc.
    unload_report let_go_of(retained_module kept);
    /// Looks again at every module that is kept, and unloads those that nothing holds any more.
    void sweep();

    /// Keeps code that was abandoned while it ran, until it is over.
    /// Errors:   throws std::bad_alloc.
    void adopt_abandoned(std::shared_ptr<abandoned_work> work);
    /// Gives the abandoned work that is over now to the caller, who retires its generations.
    /// Errors:   throws std::bad_alloc; then all work is kept.
    std::vector<std::shared_ptr<abandoned_work>> take_finished();
    /// Notes that the running generation was leaked with a thread inside, which may call the host at any
    /// time.
    void note_leak() noexcept;

    /// Whether code may still call the host.
    bool has_pins() const;
    /// The kept modules, each with the reason; empty: there are none.
    std::string in_words() const;

private:
    unload_report keep(retained_module kept) HOTSWAP_REQUIRES(mutex_);
    std::string why_retained(loaded_module const& module) const HOTSWAP_REQUIRES(mutex_);
    retained_module const* holder_of(loaded_module const& module) const HOTSWAP_REQUIRES(mutex_);
    bool is_overrunning(loaded_module const& module) const HOTSWAP_REQUIRES(mutex_);

    host_context const& host_;
    mutable mutex mutex_;
    std::vector<retained_module> retained_ HOTSWAP_GUARDED_BY(mutex_);
    std::vector<std::shared_ptr<abandoned_work>> abandoned_ HOTSWAP_GUARDED_BY(mutex_);
    bool is_leaked_ HOTSWAP_GUARDED_BY(mutex_) = false;
};

}  // namespace hotswap::detail
