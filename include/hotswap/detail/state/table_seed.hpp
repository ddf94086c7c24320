// The seed of a table's hash: random for each table, so that keys that collide cannot be chosen from outside.
#pragma once

#include <sys/random.h>

#include <cstdint>
#include <string_view>

namespace hotswap {

/// The key of a seeded hash; each table has its own, and takes it along when its rows are copied to a new module.
struct table_seed {
    std::uint64_t first = 0;
    std::uint64_t second = 0;

    /// A seed that cannot be guessed.
    static table_seed random() noexcept {
        table_seed seed;
        // Early in a boot the kernel may have no random bytes yet; addresses are then better than nothing.
        if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed))
            seed = {reinterpret_cast<std::uintptr_t>(&seed) * 0x9e3779b97f4a7c15u,
                    reinterpret_cast<std::uintptr_t>(&random)};
        return seed;
    }
};

namespace detail {

/// The four words of SipHash, and its round.
struct sip_state {
    std::uint64_t a, b, c, d;

    constexpr void round() noexcept {
        a += b, c += d;
        b = turn(b, 13) ^ a, d = turn(d, 16) ^ c;
        a = turn(a, 32);
        a += d, c += b;
        d = turn(d, 21) ^ a, b = turn(b, 17) ^ c;
        c = turn(c, 32);
    }
    constexpr void take(std::uint64_t word) noexcept {
        d ^= word;
        round();
        a ^= word;
    }
    static constexpr std::uint64_t turn(std::uint64_t word, int by) noexcept {
        return word << by | word >> (64 - by);
    }
};

/// SipHash-1-3 of `text`: fast for short texts; without the seed, collisions cannot be found.
/// Source:   J.-P. Aumasson, D. J. Bernstein: SipHash: a fast short-input PRF. INDOCRYPT 2012.
inline std::uint64_t sip_hash(table_seed const& seed, std::string_view text) noexcept {
    sip_state state{seed.first ^ 0x736f6d6570736575u, seed.second ^ 0x646f72616e646f6du,
                    seed.first ^ 0x6c7967656e657261u, seed.second ^ 0x7465646279746573u};
    char const* at = text.data();
    for (auto left = text.size() / 8; left != 0; --left, at += 8) {
        std::uint64_t word = 0;
        __builtin_memcpy(&word, at, sizeof word);
        state.take(word);
    }
    std::uint64_t last = 0;
    if (auto const rest = text.size() % 8; rest != 0) __builtin_memcpy(&last, at, rest);
    state.take(last | std::uint64_t{text.size()} << 56);
    state.c ^= 0xff;
    for (int i = 0; i != 3; ++i) state.round();
    return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace detail

/// A hash for a table whose string keys come from strangers (names, addresses, tokens): keyed by a random seed of the
/// table, so that no choice of keys makes its shards and searches long. `hotswap::table<std::string, row, hotswap::seeded_hash>`.
/// Cost:     some 2 ns more than `table_hash` for a key of 16 bytes.
struct seeded_hash {
    using is_transparent = void;
    std::uint64_t operator()(std::string_view key, table_seed const& seed) const noexcept {
        return detail::sip_hash(seed, key);
    }
};

namespace detail {

template <class Hash, class Key>
concept seeded = requires(Hash const hash, Key const& key, table_seed const& seed) {
    hash(key, seed);
};

}  // namespace detail

}  // namespace hotswap
