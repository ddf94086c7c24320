// Hash and equality that a table uses unless its type names others.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>

namespace hotswap {

/// Hashes like std::hash; for a string key, lookup takes any type that converts to std::string_view.
template <class Key>
struct table_hash {
    std::size_t operator()(Key const& key) const { return std::hash<Key>{}(key); }
};

/// Compares by ==.
template <class Key>
struct table_equal {
    bool operator()(Key const& a, Key const& b) const { return a == b; }
};

template <class Char, class Traits, class Allocator>
struct table_hash<std::basic_string<Char, Traits, Allocator>> {
    using is_transparent = void;
    std::size_t operator()(std::basic_string_view<Char, Traits> key) const noexcept {
        return std::hash<std::basic_string_view<Char, Traits>>{}(key);
    }
};

template <class Char, class Traits, class Allocator>
struct table_equal<std::basic_string<Char, Traits, Allocator>> {
    using is_transparent = void;
    bool operator()(std::basic_string_view<Char, Traits> a,
                    std::basic_string_view<Char, Traits> b) const noexcept {
        return a == b;
    }
};

namespace detail {

__extension__ using wide = unsigned __int128;

/// Spreads a weak hash, which differs in few bits only (the hash of an integer is the integer), over all
/// bits.
constexpr std::uint64_t spread(std::uint64_t hash) noexcept {
    auto const product = wide{hash} * 0x9e3779b97f4a7c15u;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace detail

}  // namespace hotswap
