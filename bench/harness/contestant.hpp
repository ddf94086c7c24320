// The contestants of the curve: ways to replace code whose rows change their schema.
#pragma once

#include "harness/latency.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace bench {

/// One contestant, with its rows in memory. Idle between swaps.
class contestant {
public:
    virtual ~contestant() = default;
    /// Rewrites every row, up and down in turn, with callers at work.
    virtual swap_sample swap() = 0;
};

namespace names {
inline constexpr std::string_view precopy = "hotswap pre-copy, table";
inline constexpr std::string_view direct = "hotswap direct, std::map";
inline constexpr std::string_view lent = "hotswap direct, map by const &";
inline constexpr std::string_view flat = "hotswap direct, flat_map";
inline constexpr std::string_view snapshot = "hotswap snapshot, std::map";
inline constexpr std::string_view handoff = "hotswap handoff, rows kept";
inline constexpr std::string_view stop_the_world = "C++, stop the world";
inline constexpr std::string_view erlang_ets = "Erlang/OTP, ETS";
inline constexpr std::string_view erlang_map = "Erlang/OTP, map";
}  // namespace names

/// A name for the report, and a function that makes a contestant with a number of rows.
struct entry {
    std::string_view name;
    std::function<std::unique_ptr<contestant>(std::uint64_t rows)> make;
};

/// Thrown by `make` if the peer is not installed; names the missing package.
class peer_missing : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A plain struct with a std::map; the new code reads it in place.
std::unique_ptr<contestant> make_direct(std::uint64_t rows);
/// The same with a migration that takes the old state by reference to const, so that the state is not copied
/// first.
std::unique_ptr<contestant> make_lent(std::uint64_t rows);
/// As `make_direct`, with a boost::container::flat_map.
std::unique_ptr<contestant> make_flat(std::uint64_t rows);
/// A plain struct with a std::map, through its serialized form.
std::unique_ptr<contestant> make_snapshot(std::uint64_t rows);
/// A plain struct with a std::map, handed to the new code unchanged: the cost without rewriting rows.
std::unique_ptr<contestant> make_handoff(std::uint64_t rows);
/// A hotswap::table, rewritten while the old code serves.
std::unique_ptr<contestant> make_precopy(std::uint64_t rows);
/// std::unordered_map under a std::shared_mutex, rewritten under the exclusive lock.
std::unique_ptr<contestant> make_stop_the_world(std::uint64_t rows);
/// A gen_server of Erlang/OTP, its rows in an ETS table.
std::unique_ptr<contestant> make_erlang_ets(std::uint64_t rows);
/// The same with its rows in a map.
std::unique_ptr<contestant> make_erlang_map(std::uint64_t rows);

}  // namespace bench
