// All host functions that a module may call: C structs and function pointers. No function here throws.
#pragma once

#include <cstdint>

namespace hotswap {

/// The importance of an event or a log line.
enum class level : std::uint32_t { debug, info, warning, error };

}  // namespace hotswap

namespace hotswap::abi {

/// Characters lent for the duration of a call.
struct text {
    char const* data = nullptr;
    std::uint64_t size = 0;
};

/// How a call across the boundary ended; anything but `ok` comes with an `error`.
enum class status : std::uint32_t {
    ok = 0,
    failed,            ///< the called code threw
    out_of_memory,     ///< the called code threw std::bad_alloc
    bad_snapshot,      ///< the bytes are not a state of that version
    migration_failed,  ///< a migration threw; `error` names the step
    refused,           ///< `validate` threw
    unsupported,       ///< the module has no such version or function
    gone,              ///< the component is not loaded any more
    not_recorded,      ///< a migration does more with a table than move and transform it
    stale,             ///< the copy's inputs have changed since the copy was made
};

/// A failure's reason, in words, in memory of the caller: reporting a failure allocates nothing.
struct error {
    std::uint32_t from = 0;  ///< the step of a migration that failed
    std::uint32_t to = 0;
    std::uint32_t size = 0;  ///< length of `message`; the bytes after it are not set
    char message[1012];
};

/// One name and value of `hotswap::arguments`, or of `hotswap::settings`.
struct argument {
    text name;
    text value;
};

/// Names and values, lent for the duration of a call unless the function says otherwise.
struct argument_list {
    argument const* data = nullptr;
    std::uint64_t size = 0;
};

/// Work of a module, held by the host: `run` is called under a lease, `destroy` exactly once.
struct job {
    void* context = nullptr;
    status (*run)(void* context, error* why) noexcept = nullptr;
    void (*destroy)(void* context) noexcept = nullptr;
};

/// A held lease on a neighbour: opaque to the module.
struct lease_token {
    std::uint64_t words[4] = {};
};

/// A listener that is called when callers should leave; in memory of the module, linked by the host while it
/// listens.
struct drain_listener {
    void* context = nullptr;
    void (*told)(void* context, bool draining) noexcept = nullptr;
    drain_listener* next = nullptr;  ///< the host's
};

/// The functions of the host. `context` is the value with which the instance was created.
/// Threads:  [any] for all of them.
struct host_api {
    std::uint64_t size = sizeof(host_api);

    void (*log)(void* context, level severity, text message) noexcept = nullptr;
    /// Nanoseconds since the Unix epoch, by the host's clock.
    std::int64_t (*now)(void* context) noexcept = nullptr;
    /// Runs `work` every `period` nanoseconds until the generation is retired. Takes `work` if and only if
    /// ok.
    status (*every)(void* context, std::int64_t period, job work, error* why) noexcept = nullptr;
    /// Runs `work` once, soon, after the jobs posted before it. Takes `work` if and only if ok.
    status (*post)(void* context, job work, error* why) noexcept = nullptr;

    /// Whether this is a rehearsal: a separate process, on a copy of the state, that ends soon.
    bool (*rehearsing)(void* context) noexcept = nullptr;

    /// Keeps the module's code mapped until the matching `unpin`.
    void (*pin)(void* context) noexcept = nullptr;
    void (*unpin)(void* context) noexcept = nullptr;

    /// A counted reference to the component `name`, or null with the reason.
    void* (*find)(void* context, text name, text contract_name, std::uint32_t contract_number,
                  error* why) noexcept = nullptr;
    void (*neighbour_retain)(void* neighbour) noexcept = nullptr;
    void (*neighbour_release)(void* neighbour) noexcept = nullptr;
    /// Takes a lease on the neighbour's running generation; waits while its gate is closed.
    status (*neighbour_enter)(void* neighbour, lease_token* token, void** contract,
                              error* why) noexcept = nullptr;
    void (*neighbour_leave)(void* neighbour, lease_token* token) noexcept = nullptr;

    /// As `every`, but runs `work` for the first time after `first_after` nanoseconds: at once, if that is
    /// not positive.
    status (*every_after)(void* context, std::int64_t period, std::int64_t first_after, job work,
                          error* why) noexcept = nullptr;
    /// The absolute directory of the requested module file.
    /// Lifetime: as the instance.
    text (*origin)(void* context) noexcept = nullptr;
    /// The component's settings, as the host has set them, by name.
    /// Lifetime: as the instance.
    argument_list (*settings)(void* context) noexcept = nullptr;
    /// As `find`, for a caller whose contract class has `functions` entries in its vtable.
    void* (*find_as_built)(void* context, text name, text contract_name, std::uint32_t contract_number,
                           std::uint32_t functions, error* why) noexcept = nullptr;

    /// Whether callers should leave, because the component's gate is closed and its drain waits for them.
    bool (*draining)(void* context) noexcept = nullptr;
    /// From now on calls `who` when a drain begins, and when it ends and the instance stays.
    void (*listen_for_drains)(void* context, drain_listener* who) noexcept = nullptr;
    /// On return no call of `who` is in progress, and none will follow.
    void (*stop_listening_for_drains)(void* context, drain_listener* who) noexcept = nullptr;

    /// Runs `work`, soon, after each time that the component `name` was loaded, replaced, configured or unloaded, until the
    /// generation is retired. Takes `work` if and only if ok.
    status (*on_change)(void* context, text name, job work, error* why) noexcept = nullptr;
};

}  // namespace hotswap::abi
