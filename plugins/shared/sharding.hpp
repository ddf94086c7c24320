// Spreads keys over the shards of a state, and looks them up there without copying or hashing twice.
//
// Everything here is frozen: a snapshot of any release holds each key in the shard that these functions name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace hotswap::plugins {

/// The number of shards in every state of the shipped components.
inline constexpr std::size_t shard_count = 16;

/// The 64-bit hash of `text`: FNV-1a, and a last step that lets every character reach the upper bits.
/// Source:   G. Fowler, L. C. Noll, K.-P. Vo: FNV-1a; A. Appleby: MurmurHash3, fmix64.
constexpr std::uint64_t key_hash(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    hash = (hash ^ (hash >> 33U)) * 0xff51afd7ed558ccdU;
    hash = (hash ^ (hash >> 33U)) * 0xc4ceb9fe1a85ec53U;
    return hash ^ (hash >> 33U);
}

/// A key and its hash: computed once for the shard and for the lookup in it.
struct hashed_text {
    constexpr explicit hashed_text(std::string_view key) noexcept : text(key), hash(key_hash(key)) {}

    std::string_view text;
    std::uint64_t hash;

    constexpr std::size_t shard() const noexcept { return hash >> 60U; }
};

/// The hash of unordered containers in states; not noexcept, so that libstdc++ keeps hashes next to keys.
struct text_hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view key) const { return key_hash(key); }
    std::size_t operator()(hashed_text const& key) const { return key.hash; }
};

/// The equality that goes with `text_hash`.
struct text_equal {
    using is_transparent = void;

    bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
    bool operator()(hashed_text const& a, std::string_view b) const noexcept { return a.text == b; }
    bool operator()(std::string_view a, hashed_text const& b) const noexcept { return a == b.text; }
};

/// The lock of one shard, on its own cache line.
struct alignas(64) shard_mutex {
    std::mutex mutex;
};

}  // namespace hotswap::plugins
