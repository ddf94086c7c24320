// A module's description of itself, in a form that is read from the file without running any of its code.
#pragma once

#include <hotswap/detail/abi/function_count.hpp>
#include <hotswap/detail/abi/toolchain.hpp>

#include <cstddef>
#include <cstdint>

namespace hotswap::abi {

/// The number of this binary interface; a module of another number is refused.
inline constexpr std::uint32_t number = 7;

/// The one symbol that a module exports: a function of type `module_entry`.
inline constexpr char entry_symbol[] = "hotswap_module";

inline constexpr std::uint64_t descriptor_magic = 0x3150415753544f48;  // "HOTSWAP1", little-endian
inline constexpr std::uint32_t note_type = 1;
inline constexpr char note_name[12] = "hotswap.abi";
inline constexpr std::size_t max_states = 64;
/// The limit on older revisions of its contract that a module may declare as served.
inline constexpr std::size_t max_older_revisions = 24;
inline constexpr std::size_t seal_size = 32;

/// Bits of `state_entry::flags`.
enum state_flag : std::uint32_t {
    state_upgrades = 1u << 0,    ///< the module can migrate this version to the next
    state_downgrades = 1u << 1,  ///< the module can migrate this version to the one before
    state_lossy = 1u << 2,       ///< that downgrade loses data, as its author declared
    state_opaque = 1u << 3,      ///< holds a type whose fields are unknown: no handoff
    state_bound = 1u << 4,       ///< holds a type that may point into a module: no handoff
    state_legacy = 1u << 5,      ///< has no schema: version 0
    state_tables = 1u << 6,      ///< some of its fields are tables
    state_own_order = 1u << 7,   ///< some container's order or hash is not the standard library's
    /// The upgrade from this version only reads a state, and reads it in place.
    state_lent = 1u << 8,
    state_lent_back = 1u << 9,  ///< the same for the downgrade from this version
};

/// From this bit of `state_entry::flags` on: the release of Boost (1081 is 1.81) whose containers are among
/// the fields, or 0.
inline constexpr unsigned state_boost_shift = 16;

/// Bits of `descriptor::flags`.
enum descriptor_flag : std::uint32_t {
    module_validates = 1u << 0,
    module_adopts = 1u << 1,
};

/// One version of the state that the module knows.
struct state_entry {
    std::uint64_t layout = 0;  ///< fingerprint of the struct's layout
    std::uint32_t version = 0;
    std::uint32_t flags = 0;  ///< `state_flag`, and a release of Boost
};

/// The compiler writes this pattern in place of the seal, repeated to its size: a seal of zeros could occur
/// by accident.
inline constexpr unsigned char unsealed_pattern[8] = {'u', 'n', 's', 'e', 'a', 'l', 'e', 'd'};

/// A digest of the file that contains it.
struct seal {
    unsigned char bytes[seal_size] = {};

    static constexpr seal none() {
        seal made;
        for (std::size_t i = 0; i != seal_size; ++i) made.bytes[i] = unsealed_pattern[i % 8];
        return made;
    }
    friend constexpr bool operator==(seal const&, seal const&) = default;
};

/// A module's description of itself: fixed size, no pointers, texts padded with zeros.
struct descriptor {
    std::uint64_t magic = descriptor_magic;
    std::uint32_t abi = number;
    std::uint32_t size = sizeof(descriptor);
    std::uint32_t flags = 0;  ///< `descriptor_flag`
    std::uint32_t contract_number = 0;
    std::uint32_t schema_version = 0;
    std::uint32_t oldest_start = 0;  ///< the oldest version that the module can start from
    std::uint32_t oldest_back = 0;   ///< the oldest version that the module can go back to
    std::uint32_t state_count = 0;
    char component[64] = {};
    char release[32] = {};
    char contract[64] = {};
    char schema[64] = {};
    char toolchain[96] = {};
    state_entry states[max_states] = {};  ///< ascending by version
    /// BLAKE2b-256 of the whole file with these bytes as zeros; written after linking.
    seal sealed = seal::none();
    functions_end contract_end = nullptr;  ///< of the contract's class; null: unknown
    std::uint32_t oldest_contract = 0;     ///< number of the oldest revision that the module serves
    /// The ends of the older revisions' classes, from `contract_number` - 1 down.
    functions_end older_ends[max_older_revisions] = {};
};

/// The ELF note that carries the descriptor. Name and padding put `content` at offset 24 under both
/// alignments (4 and 8) that tools apply to notes.
struct note {
    std::uint32_t name_size = sizeof(note_name);
    std::uint32_t content_size = sizeof(descriptor);
    std::uint32_t type = note_type;
    char name[12] = {'h', 'o', 't', 's', 'w', 'a', 'p', '.', 'a', 'b', 'i', '\0'};
    descriptor content;
};

inline constexpr std::uint32_t layouts_note_type = 2;

/// The ELF note with the layouts of the module's states as text (state/layout_text.hpp); `Size` is a multiple of 8.
template <std::size_t Size>
struct layouts_note {
    std::uint32_t name_size = sizeof(note_name);
    std::uint32_t content_size = Size;
    std::uint32_t type = layouts_note_type;
    char name[12] = {'h', 'o', 't', 's', 'w', 'a', 'p', '.', 'a', 'b', 'i', '\0'};
    char content[Size] = {};
};

static_assert(offsetof(note, content) == 24 && sizeof(note) == 24 + sizeof(descriptor));

}  // namespace hotswap::abi
