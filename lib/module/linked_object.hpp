// Shared objects as the dynamic linker has them in memory: what each one is, needs, imports and covers.
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
    std::uintptr_t begin = 0;  ///< from where its segments lie
    std::uintptr_t end = 0;
    ElfW(Dyn) const* dynamic = nullptr;

    /// The file's name, without its directory.
    std::string_view name() const noexcept;
    bool contains(std::uintptr_t address) const noexcept { return begin <= address && address < end; }
    /// Whether a library that names `library` as needed means this one.
    bool is_called(std::string_view library) const noexcept;
};

/// All that are loaded.
struct linked_objects {
    std::vector<linked_object> all{};

    /// Reads the linker's own list.
    /// Errors:   throws std::bad_alloc.
    /// Cost:     some 20 µs; no other thread loads or unloads meanwhile.
    static linked_objects now();

    /// The object of a handle of dlopen; null if it is none.
    linked_object const* of(void* handle) const noexcept;
    /// `root` and everything that it needs, directly or not.
    std::vector<linked_object const*> needed_by(linked_object const& root) const;
};

/// The functions and objects that `object` takes from others, one by one, until `look` answers true; whether it did.
/// Lifetime: the object stays loaded.
bool any_import(linked_object const& object, bool (*look)(std::string_view symbol) noexcept) noexcept;

/// Whether the object of a handle of dlopen is linked to nothing but libraries of the compiler and the C library.
/// Cost:     no memory.
bool needs_only_the_system(void* handle) noexcept;

/// Whether it belongs to the compiler or the C library: what such a library does with what it is handed is known.
bool is_of_the_system(std::string_view library) noexcept;

}  // namespace hotswap::detail
