// The calls that operations make to a module, with its answers as results.
#pragma once

#include "slot/generation.hpp"
#include "slot/slot.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Arguments as the modules' C functions take them.
/// Lifetime: `from` outlives the list.
class argument_view {
public:
    explicit argument_view(arguments const& from);
    abi::argument_list const* get() const noexcept { return &list_; }

private:
    std::vector<abi::argument> items_;
    abi::argument_list list_;
};

/// What a module said.
/// Lifetime: as long as `why`.
inline std::string_view words(abi::error const& why) noexcept { return {why.message, why.size}; }

/// The failure for the answer of a function of the module `name`; `usual` is the code if the function threw.
failure answered(std::string_view name, abi::status outcome, abi::error const& why, errc usual, phase at,
                 std::string_view doing);
failure answered(loaded_module const& module, abi::status outcome, abi::error const& why, errc usual,
                 phase at, std::string_view doing);

/// Serializes a state of the module, at `version`.
/// Errors:   export_failed, migration_failed, no_migration_path.
result<void> export_state(loaded_module const& of, void const* state, std::uint32_t version,
                          argument_view const& arguments, abi::sink* out);

/// Makes a module's default state.
/// Errors:   construct_failed, out_of_memory.
result<owned_state> create_state(loaded_module const& to);

/// Reads a serialized state and walks the upgrades.
/// Errors:   bad_snapshot, migration_failed, no_migration_path, out_of_memory.
result<owned_state> import_state(loaded_module const& to, std::uint32_t version,
                                 std::span<std::byte const> payload, argument_view const& arguments);

/// As `import_state`. `left` gets the remains, which can be freed later.
result<owned_state> upgrade_state(loaded_module const& to, abi::old_state from,
                                  argument_view const& arguments, owned_remains& left);

/// The same from the object of a state at `version`, which is only read. `is_readable`: false if the object
/// cannot be read; its serialized form may still be readable.
result<owned_state> upgrade_object(loaded_module const& to, std::uint32_t version, void const* object,
                                   argument_view const& arguments, owned_remains& left, bool& is_readable);

/// Has a module make an object of an older version of its state, which is only read. `lends`: `left` owns the
/// object. `is_readable`: as above.
/// Errors:   migration_failed, no_migration_path, export_failed.
result<void*> downgrade_object(loaded_module const& of, void const* state, std::uint32_t version,
                               argument_view const& arguments, bool lends, owned_remains& left,
                               bool& is_readable);

/// Makes a state from data from before hotswap.
/// Errors:   adopt_failed, migration_failed.
result<owned_state> adopt_state(loaded_module const& to, std::span<std::byte const> legacy,
                                argument_view const& arguments);

/// The failure for an exception that `validate` threw.
failure refused_by_validate(std::string_view name, abi::error const& why);

/// The reason that the module would not find entries of a state that another module filled; empty if it finds
/// the entries that it looked for, see `abi::module_api::check_lookups`.
std::string lookup_difference(loaded_module const& to, void const* state);

/// The reason that one module may not free memory which the other allocates; empty if it may.
std::string heap_difference(loaded_module const& running, loaded_module const& next);

/// Asks the component whether the state may go live.
/// Errors:   validation_failed.
result<void> validate_state(loaded_module const& to, void const* state);

/// Constructs the component of `on`, which has its module and services, on `state`.
/// Errors:   construct_failed, out_of_memory.
result<owned_instance> construct(generation& on, void* state);

/// Makes a generation of the slot, with its module and services, without state and instance yet.
/// `settings`: the host's settings for it; null: those of the running generation.
std::unique_ptr<generation> begin_generation(slot& slot, std::shared_ptr<loaded_module> module,
                                             std::filesystem::path source,
                                             shared_settings settings = nullptr);

}  // namespace hotswap::detail
