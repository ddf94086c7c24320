// Shared objects in the dynamic linker's memory: for each one its names, needs, imports and addresses.
#pragma once

#include <link.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// One object that is loaded into this process.
struct linked_object {
    std::string path;  ///< as the linker has it; empty for the program
    std::string soname;
    std::vector<std::string> needed{};  ///< the names of the libraries that it was linked to
    std::uintptr_t base = 0;
    std::uintptr_t begin = 0;  ///< the lowest address of its segments
    std::uintptr_t end = 0;
    ElfW(Dyn) const* dynamic = nullptr;

    /// The file's name, without its directory.
    std::string_view name() const noexcept;
    bool contains(std::uintptr_t address) const noexcept { return begin <= address && address < end; }
    /// Whether a needed library `library` is this object.
    bool is_called(std::string_view library) const noexcept;
};

/// All loaded objects.
struct linked_objects {
    std::vector<linked_object> all{};

    /// Reads the linker's own list.
    /// Errors:   throws std::bad_alloc.
    /// Cost:     some 20 µs; no other thread loads or unloads meanwhile.
    static linked_objects now();

    /// The object of a dlopen handle; null if there is none.
    linked_object const* of(void* handle) const noexcept;
    /// `root` and all objects that it needs, directly or not.
    std::vector<linked_object const*> needed_by(linked_object const& root) const;
};

/// Calls `look` for each function or object that `object` imports, until `look` returns true; returns whether
/// it did.
/// Lifetime: the object stays loaded.
bool any_import(linked_object const& object, bool (*look)(std::string_view symbol) noexcept) noexcept;

/// Whether the object of a dlopen handle is linked only to libraries of the compiler and the C library.
/// Cost:     allocates no memory.
bool needs_only_the_system(void* handle) noexcept;

/// Whether the library belongs to the compiler or the C library, whose use of callbacks is known.
bool is_of_the_system(std::string_view library) noexcept;

}  // namespace hotswap::detail
