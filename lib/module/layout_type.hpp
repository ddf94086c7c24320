// The layout of a state as its module's note writes it (hotswap/detail/state/layout_text.hpp), as a tree.
//
//   type    = "bool" | ("i" | "u" | "f") bits | "string"
//           | "enum " name ":" type "(" [name "=" value {"," name "=" value}] ")"
//           | "duration<" type "," num "/" den ">" | "time<" type "," num "/" den ">"
//           | "array<" type "," count ">" | ("list" | "set" | "optional") "<" type ">"
//           | ("map" | "table") "<" type "," type ">" | ("tuple" | "variant") "<" [type {"," type}] ">"
//           | [name] "{" [name ":" type {";" name ":" type}] "}" | "^" ancestor | "opaque " name
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

struct layout_type {
    enum class kind : std::uint8_t {
        boolean,
        signed_,
        unsigned_,
        floating,
        string,
        enumeration,
        duration,
        time,
        array,
        list,
        set,
        optional,
        map,
        table,
        tuple,
        variant,
        structure,
        ancestor,  ///< one of the structures around it: number 1 is the outermost
        opaque,    ///< a class that writes itself
    };

    kind what = kind::boolean;
    std::string name{};        ///< of a structure, an enumeration or an opaque class
    std::uint64_t number = 0;  ///< bits, elements of an array, or the number of the ancestor
    std::uint64_t num = 1;     ///< of the period of a duration or a time, in seconds: num / den
    std::uint64_t den = 1;
    std::vector<layout_type> parts{};   ///< the types within it
    std::vector<std::string> fields{};  ///< the names of the parts of a structure
    std::vector<std::pair<std::string, std::uint64_t>> enumerators{};

    bool operator==(layout_type const&) const = default;
};

/// Reads the text of one type; empty if it is none, or nested deeper than a state may be.
std::optional<layout_type> parse_layout(std::string_view text);

/// The type in words: "table<string, row>".
std::string layout_in_words(layout_type const& type);

/// What differs first, with the path to it: "the field penalty.block is u32 there and u64 here"; empty if the texts agree.
std::string layout_difference(layout_type const& there, layout_type const& here);

/// The texts of a note by version.
using layout_texts = std::map<std::uint32_t, std::string>;
layout_texts read_layouts(std::string_view note);

}  // namespace hotswap::detail
