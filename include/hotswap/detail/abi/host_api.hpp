// Everything a module may ask of its host: C structs and function pointers. No function here throws.
#pragma once

#include <cstdint>

namespace hotswap {

/// How much an event or a log line matters.
enum class level : std::uint32_t { debug, info, warning, error };

}  // namespace hotswap

namespace hotswap::abi {

/// Characters lent for the length of a call.
struct text {
    char const* data = nullptr;
    std::uint64_t size = 0;
};

/// How a call across the boundary ended; anything but `ok` comes with an `error`.
enum class status : std::uint32_t {
    ok = 0,
    failed,            ///< what the called code threw
    out_of_memory,     ///< it threw std::bad_alloc
    bad_snapshot,      ///< the bytes are not a state of that version
    migration_failed,  ///< a migration threw; `error` names the step
    refused,           ///< `validate` threw
    unsupported,       ///< the module has no such version or function
    gone,              ///< the component is not loaded any more
    not_recorded,      ///< a migration does more with a table than moving and transforming it
    stale,             ///< what was copied is not what would be copied now
};

/// What went wrong, in words, in memory of the caller: nothing is allocated to report a failure.
struct error {
    std::uint32_t from = 0;  ///< the step of a migration that failed
    std::uint32_t to = 0;
    std::uint32_t size = 0;  ///< length of `message`; what follows it is not set
    char message[1012];
};

/// One name and value of `hotswap::arguments`, or of `hotswap::settings`.
struct argument {
    text name;
    text value;
};

/// Names and values, lent for the length of a call unless the function says otherwise.
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

/// One that hears when callers are to leave; in memory of the module, which the host links while it listens.
struct drain_listener {
    void* context = nullptr;
    void (*told)(void* context, bool draining) noexcept = nullptr;
    drain_listener* next = nullptr;  ///< the host's
};

/// The functions of the host. `context` is what the instance was created with.
/// Threads:  [any] for all of them.
struct host_api {
    std::uint64_t size = sizeof(host_api);

    void (*log)(void* context, level severity, text message) noexcept = nullptr;
    /// Nanoseconds since the Unix epoch, by the host's clock.
    std::int64_t (*now)(void* context) noexcept = nullptr;
    /// Runs `work` every `period` nanoseconds until the generation is retired. Takes `work` iff ok.
    status (*every)(void* context, std::int64_t period, job work, error* why) noexcept = nullptr;
    /// Runs `work` once, soon, after the jobs posted before it. Takes `work` iff ok.
    status (*post)(void* context, job work, error* why) noexcept = nullptr;

    /// Whether this is a rehearsal: a process of its own, on a copy of the state, that ends in a moment.
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

    /// As `every`, but runs `work` for the first time after `first_after` nanoseconds: at once, if that is not positive.
    status (*every_after)(void* context, std::int64_t period, std::int64_t first_after, job work,
                          error* why) noexcept = nullptr;
    /// The directory of the file that was asked for, absolute.
    /// Lifetime: as the instance.
    text (*origin)(void* context) noexcept = nullptr;
    /// What the host has set for the component, by name.
    /// Lifetime: as the instance.
    argument_list (*settings)(void* context) noexcept = nullptr;
    /// As `find`, by a caller that knows the contract's class with `functions` entries in its vtable.
    void* (*find_as_built)(void* context, text name, text contract_name, std::uint32_t contract_number,
                           std::uint32_t functions, error* why) noexcept = nullptr;

    /// Whether callers are to leave, because the component's gate is closed and its drain waits for them.
    bool (*draining)(void* context) noexcept = nullptr;
    /// Calls `who` from now on when that begins, and when it is over and the instance stays.
    void (*listen_for_drains)(void* context, drain_listener* who) noexcept = nullptr;
    /// On return no call of `who` is under way, and none will come.
    void (*stop_listening_for_drains)(void* context, drain_listener* who) noexcept = nullptr;
};

}  // namespace hotswap::abi
