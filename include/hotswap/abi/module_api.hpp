// Everything the runtime asks of a module: C structs and function pointers. No function here throws.
#pragma once

#include <hotswap/abi/descriptor.hpp>
#include <hotswap/abi/host_api.hpp>

#include <cstdint>

namespace hotswap::abi {

/// Bytes lent for the length of a call.
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

/// One name and value of `hotswap::arguments`.
struct argument {
    text name;
    text value;
};

/// The arguments of an operation, lent for the length of a call.
struct argument_list {
    argument const* data = nullptr;
    std::uint64_t size = 0;
};

/// A live instance: the object to destroy, and the contract's base class within it.
struct instance {
    void* object = nullptr;
    void* contract = nullptr;
};

/// The functions of one module. States and instances are opaque to the host.
/// Threads:  [quiesced] unless the function says otherwise; the runtime calls one at a time for each state.
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
    /// Asks the component whether the state may go live. Null if the component has no opinion.
    status (*validate_state)(void const* state, error* why) noexcept = nullptr;
    /// Makes a state from data from before hotswap. Null if the component cannot.
    status (*adopt)(bytes legacy, argument_list const* arguments, void** out, error* why) noexcept = nullptr;
    /// Constructs the component on `state`.
    /// Lifetime: `host` and `context` outlive the instance.
    status (*create_instance)(host_api const* host, void* context, void* state, instance* out,
                              error* why) noexcept = nullptr;
    void (*destroy_instance)(void* object) noexcept = nullptr;
};

/// The type of the symbol `entry_symbol`.
using module_entry = module_api const*() noexcept;

}  // namespace hotswap::abi
