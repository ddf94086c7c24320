// All module functions that the runtime calls: C structs and function pointers. No function here throws.
#pragma once

#include <hotswap/detail/abi/descriptor.hpp>
#include <hotswap/detail/abi/host_api.hpp>

#include <cstddef>
#include <cstdint>

namespace hotswap::abi {

/// Bytes lent for the duration of a call.
struct bytes {
    void const* data = nullptr;
    std::uint64_t size = 0;
};

/// A growing buffer, owned by the host and filled by the module.
struct sink {
    unsigned char* cursor = nullptr;  ///< where the next byte goes
    unsigned char* end = nullptr;
    /// Makes room for `need` more bytes and updates `cursor` and `end`; false if memory is out.
    bool (*grow)(sink* self, std::uint64_t need) noexcept = nullptr;
};

/// A live instance: the object to destroy, and the contract's base class within it.
struct instance {
    void* object = nullptr;
    void* contract = nullptr;
};

/// One table of a state: its memory, which a module with the same fingerprint may use.
struct table {
    void* core = nullptr;
    std::uint64_t fingerprint = 0;
    std::uint64_t rows = 0;
};

/// Tables lent for the duration of a call, in the order in which the state names them.
struct table_list {
    table const* data = nullptr;
    std::uint64_t size = 0;
};

/// Takes tables, in order; owned by the host.
struct table_sink {
    /// False if memory is out.
    bool (*add)(table_sink* self, table what) noexcept = nullptr;
};

/// Takes settings by name; owned by the host.
struct setting_sink {
    /// False if memory is out. The texts are copied.
    bool (*add)(setting_sink* self, text name, text value) noexcept = nullptr;
};

/// Takes numbers by name; owned by the host.
struct metric_sink {
    /// False if memory is out. The text is copied.
    bool (*add)(metric_sink* self, text name, double value) noexcept = nullptr;
};

/// A state with the rows of its tables left out.
struct outline {
    bytes plain;  ///< the serialized state, each table a number
    table_list tables;
};

/// The progress of a copy of tables.
struct copy_progress {
    std::uint64_t rows = 0;   ///< copied so far
    std::uint64_t total = 0;  ///< as of now
    std::uint64_t bytes = 0;  ///< memory that the whole copy is expected to take
};

/// The start of a path: a state in its serialized form, or the object itself.
struct old_state {
    std::uint32_t version = 0;
    bytes payload;
    /// Made by a module that lays `version` out in the same way, and quiesced; null: `payload` is used.
    void const* object = nullptr;
};

/// The functions of one module. States and instances are opaque to the host.
/// Threads:  [quiesced] unless the function says otherwise; the runtime makes one call at a time for each
///           state.
struct module_api {
    std::uint32_t abi = number;
    std::uint32_t size = sizeof(module_api);
    descriptor const* self = nullptr;

    /// Makes a default state of the module's own version.
    /// Threads:  [any]
    status (*create_state)(void** out, error* why) noexcept = nullptr;
    /// Destroys a state of the module's own version.
    /// Threads:  [any] that owns the state.
    void (*destroy_state)(void* state) noexcept = nullptr;
    /// Appends the state to `out`, serialized at `version` (its own or an older one, by the downgrades).
    /// Effects:  the state itself is not changed.
    status (*export_state)(void const* state, std::uint32_t version, argument_list const* arguments,
                           sink* out, error* why) noexcept = nullptr;
    /// Reads `payload`, serialized at `version`, and walks the upgrades to the module's own version.
    status (*import_state)(std::uint32_t version, bytes payload, argument_list const* arguments, void** out,
                           error* why) noexcept = nullptr;
    /// Estimates, by samples, the size of the state: bytes of its serialized form, elements of its
    /// containers.
    status (*measure_state)(void const* state, std::uint64_t* bytes, std::uint64_t* elements,
                            error* why) noexcept = nullptr;
    /// Asks the component whether the state may go live. Null if the component has no opinion.
    status (*validate_state)(void const* state, error* why) noexcept = nullptr;
    /// Makes a state from data from before hotswap. Null if the component cannot.
    status (*adopt)(bytes legacy, argument_list const* arguments, void** out, error* why) noexcept = nullptr;
    /// Constructs the component on `state`.
    /// Lifetime: `host` and `context` outlive the instance.
    status (*create_instance)(host_api const* host, void* context, void* state, instance* out,
                              error* why) noexcept = nullptr;
    void (*destroy_instance)(void* object) noexcept = nullptr;
    /// Asks the instance whether it is healthy; `healthy` is set if and only if ok. Null if the component has
    /// no opinion.
    /// Threads:  [any] that holds a lease.
    status (*check_health)(void* object, bool* healthy, error* why) noexcept = nullptr;

    // For modules whose states have tables; null in others. The module that knows both versions begins a copy
    // of the tables on an outline of the running state, and makes the copy while callers continue.

    /// Appends the plain fields of the state, at its own version, to `out`, and lists its tables.
    status (*outline_state)(void const* state, sink* out, table_sink* tables, error* why) noexcept = nullptr;
    /// Makes a state of the module's own version from an outline; the state becomes a further owner of the
    /// tables.
    status (*import_outline)(outline from, void** out, error* why) noexcept = nullptr;
    /// Walks the path `from` → `to` on an outline, and prepares the table copies that the path needs.
    /// Errors:   not_recorded, with the reason, if the tables can only be copied as a whole.
    status (*begin_copy)(std::uint32_t from, std::uint32_t to, outline of, argument_list const* arguments,
                         void** copy, copy_progress* expected, error* why) noexcept = nullptr;
    /// Copies some rows; sets `complete` once all are copied.
    /// Threads:  [any] one at a time, while callers continue.
    status (*advance_copy)(void* copy, std::int64_t nanoseconds, bool* complete, copy_progress* progress,
                           error* why) noexcept = nullptr;
    /// Walks the path again, on the current outline, and adds the copied tables to the result: a state of the
    /// module's own version in `state`, or, if `state` is null, an outline in `out` and `tables`.
    /// Errors:   stale, with the reason.
    status (*finish_copy)(void* copy, outline of, argument_list const* arguments, void** state, sink* out,
                          table_sink* tables, error* why) noexcept = nullptr;
    /// Releases a copy, and listed tables that have no other owner: afterwards no writer runs the module's
    /// code for the copy.
    /// Threads:  [any], while callers continue.
    void (*end_copy)(void* copy) noexcept = nullptr;
    /// Frees rows of a state that is not used again, for about that time; true once no row is left.
    bool (*free_rows)(void* state, std::int64_t nanoseconds) noexcept = nullptr;

    /// Looks up a bounded number of the entries in the state's containers, by the module's own order, hash
    /// and equality of their keys: another module may have inserted these entries. Null if all of these
    /// functions are the standard library's.
    /// Errors:   refused, naming the container of an entry that is not found.
    status (*check_lookups)(void const* state, error* why) noexcept = nullptr;

    /// Hands over the set of signals (bit N - 1 is signal N) that threads begun by the module's copy of
    /// hotswap leave open; these threads block all others except those that a thread raises itself. Before
    /// this call the set is empty. A beginning thread reads the set as an atomic.
    /// Lifetime: the set outlives the module.
    void (*leave_open)(std::uint64_t const* signals) noexcept = nullptr;

    /// Asks the instance to release its exclusive resources, because another instance is about to be
    /// constructed. Null if the component has none; then `resume_instance` is null too.
    status (*release_instance)(void* object, error* why) noexcept = nullptr;
    /// Asks an instance that has released its resources, or has tried to, to take them back: the instance
    /// continues.
    status (*resume_instance)(void* object, error* why) noexcept = nullptr;

    /// As `import_state`, also for the running object. Hands over the objects that the path used up, to be
    /// freed when callers are served again: `remains`, null if there are none.
    /// Effects:  an object is only read, and the new state keeps no pointer into it.
    /// Errors:   bad_snapshot, unsupported: the object cannot be read, but its serialized form may be
    ///           readable.
    status (*upgrade_state)(old_state from, argument_list const* arguments, void** out, void** remains,
                            error* why) noexcept = nullptr;
    /// Makes an object of an older version, by the downgrades. `remains` as in `upgrade_state`. `lends`: the
    /// object is one of the remains; otherwise a module that lays that version out in the same way, and has
    /// the same `allocate`, owns the object.
    /// Effects:  the state itself is not changed.
    /// Errors:   bad_snapshot, unsupported: as in `upgrade_state`.
    status (*downgrade_state)(void const* state, std::uint32_t version, argument_list const* arguments,
                              bool lends, void** out, void** remains, error* why) noexcept = nullptr;
    /// Threads:  [any] that owns the remains.
    void (*free_remains)(void* remains) noexcept = nullptr;
    /// Estimates, by samples, the memory of a state in small blocks: the heap memory that a copy of the state
    /// takes.
    std::uint64_t (*measure_memory)(void const* state) noexcept = nullptr;
    /// The operator new of the module's code. A module may free another module's allocation only if both have
    /// the same one.
    void* (*allocate)(std::size_t size) = nullptr;

    /// Changes settings of the instance and its state: all of `changes`, or none. Null if the component has no settings
    /// that change while it runs; then `list_settings` is null too.
    /// Errors:   refused.
    status (*configure)(void* object, void* state, argument_list const* changes,
                        error* why) noexcept = nullptr;
    /// Names all settings of the instance and its state, with their present values.
    /// Threads:  [any], but not during `configure`.
    status (*list_settings)(void* object, void const* state, setting_sink* out,
                            error* why) noexcept = nullptr;

    /// Names the instance's own counts. Null if it has none.
    /// Threads:  [any] that holds a lease.
    status (*list_metrics)(void* object, metric_sink* out, error* why) noexcept = nullptr;
};

/// The type of the symbol `entry_symbol`.
using module_entry = module_api const*() noexcept;

}  // namespace hotswap::abi
